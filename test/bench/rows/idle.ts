import { setTimeout as pause } from 'node:timers/promises';
import { autocommit } from '@missions/persistence/transaction.ts';
import { dispatchRuns, millisecondsToNextRun } from '@missions/scheduler/runs/store/dispatch.ts';
import { fireTimers, nextTimer } from '@missions/scheduler/timers/store/timers.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { Client } from 'pg';
import { inProcess } from '../in-process.ts';
import { processorTime } from '../processor.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, pairedRatio } from '../statistics.ts';
import { openTimers, plantTimers, startScheduler } from '../timers.ts';

const IDLE_SECONDS = 10;

export const row: Row = {
  about:
    'a scheduler with nothing to do: its tick and its processor time, with 10⁶ timers and 10⁵ autonomous missions waiting against 10⁴ and 10³',
  run: idle,
};

const sizes = [
  { name: 'few', timers: 10_000, missions: 1_000 },
  { name: 'many', timers: 1_000_000, missions: 100_000 },
];

async function idle(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const nats = await servers.nats();
  const planted: { name: string; database: TestDatabase; tick: () => Promise<unknown> }[] = [];
  for (const { name, timers, missions } of sizes) {
    const database = await servers.database();
    const tx = autocommit(await openTimers(bench, database));
    bench.say(`planting ${timers} timers and ${missions} missions`);
    await plantTimers(database, { count: timers, due: 'in years' });
    await plantMissions(database, missions);
    planted.push({
      name,
      database,
      tick: async () => [
        await nextTimer(tx, null),
        await fireTimers(tx, null),
        await millisecondsToNextRun(tx, null),
        await dispatchRuns(tx, null),
      ],
    });
  }
  const samples = await alternate(
    bench,
    planted.map(({ name, tick }) => inProcess(name, 1, tick)),
    { settle: servers.checkpoint },
  );

  const findings: Finding[] = [...samples.keys()].map((name) => ({
    what: `tick, ${name}`,
    figure: median(series(samples, name, 'p50')),
    unit: 'ms',
  }));
  findings.push({
    what: 'tick, many ÷ few',
    ...pairedRatio(series(samples, 'many', 'p50'), series(samples, 'few', 'p50')),
    unit: '×',
    target: { atMost: 1.3 },
  });
  for (const { name, database } of planted) {
    const scheduler = await startScheduler({ database, nats, folder: servers.folder });
    // The cost of the start ends when the process is ready.
    const before = processorTime(scheduler.pid);
    await pause(IDLE_SECONDS * 1000);
    findings.push({
      what: `processor per second, ${name}`,
      figure: (processorTime(scheduler.pid) - before) / IDLE_SECONDS,
      unit: 'ms',
    });
    await scheduler.stop();
  }
  return findings;
}

/** Runnable missions whose next run is due in years, as after many unchanged runs. */
async function plantMissions(database: TestDatabase, count: number): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    await client.query(
      `insert into scheduler.watched_mission (mission_id, customer_id, user_id, version, runnable, erased, next_run_at, next_reason, idle, failures, attempt)
       select gen_random_uuid(), 'customer-' || i % 100, 'user-' || i % 1000, 1, true, false, now() + interval '3 years' + random() * interval '50 minutes', 'interval', 5, 0, 1
         from generate_series(1, ${count}) as i`,
    );
    await client.query('vacuum (analyze) scheduler.watched_mission');
  } finally {
    await client.end();
  }
}
