import { type TimerFired, timerSetSubject, timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { fireTimers, nextTimer } from '@missions/scheduler/timers/store/timers.ts';
import { inProcess } from '../in-process.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { type BenchNats, startBenchServers } from '../servers.ts';
import { median, pairedRatio } from '../statistics.ts';
import { openTimers, plantTimers, startScheduler } from '../timers.ts';

const FEW = 10_000;
const MANY = 1_000_000;
const SAMPLES = 150;

export const row: Row = {
  about: 'timers that wait: a look with nothing due among 10⁶ and among 10⁴, and how late one timer is among 10⁶',
  run: wait,
};

async function wait(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const few = await servers.database();
  const many = await servers.database();
  const tables = { '10⁴ pending': await openTimers(bench, few), '10⁶ pending': await openTimers(bench, many) };
  await plantTimers(few, { count: FEW, due: 'in years' });
  bench.say('planting a million timers');
  await plantTimers(many, { count: MANY, due: 'in years' });

  const contenders = Object.entries(tables).map(([name, db]) => {
    const tx = autocommit(db);
    // Both statements; the service runs the second only if the first has found a due timer.
    return inProcess(name, 1, async () => [await nextTimer(tx, null), await fireTimers(tx, null)]);
  });
  const samples = await alternate(bench, contenders, { settle: servers.checkpoint });

  const nats = await servers.nats();
  const scheduler = await startScheduler({ database: many, nats, folder: servers.folder });
  bench.after(scheduler.stop);
  const { fired, received } = await lateness(bench, nats);
  const tick = pairedRatio(series(samples, '10⁶ pending', 'p50'), series(samples, '10⁴ pending', 'p50'));
  return [
    ...[...samples.keys()].map((name): Finding => ({
      what: `look, ${name}`,
      figure: median(series(samples, name, 'p50')),
      unit: 'ms',
    })),
    { what: 'look, 10⁶ ÷ 10⁴ pending', ...tick, unit: '×', target: { atMost: 1.3 } },
    { what: 'fired late, p50', figure: quantile(fired, 0.5), unit: 'ms' },
    { what: 'fired late, p99', figure: quantile(fired, 0.99), unit: 'ms', target: { atMost: 100 } },
    { what: 'received late, p50', figure: quantile(received, 0.5), unit: 'ms' },
    { what: 'received late, p99', figure: quantile(received, 0.99), unit: 'ms' },
  ];
}

/**
 * Measures one timer after the other: each is set through the stream some milliseconds ahead and awaited at its owner.
 * The firing is timed by the database's clock and the arrival by this process's, which are the same clock here.
 */
async function lateness(bench: Bench, nats: BenchNats): Promise<{ fired: number[]; received: number[] }> {
  const logger = createLogger({ service: 'bench', level: 'error' });
  const bus = await connectBus({ servers: nats.urlFor('mission'), name: 'mission', logger });
  bench.after(() => bus.drain());
  let arrived = Promise.withResolvers<TimerFired>();
  await bus.consume({
    stream: 'SCHEDULER',
    service: 'mission',
    subjects: [timerSubject('mission')],
    handleOne: async ({ data }) => arrived.resolve(data as TimerFired),
  });
  const fired: number[] = [];
  const received: number[] = [];
  bench.say(`${SAMPLES} timers, one after the other`);
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    arrived = Promise.withResolvers();
    const scope = { customer_id: 'acme', user_id: 'ann', mission_id: newId() };
    const fireAt = new Date(Date.now() + 60 + Math.random() * 60);
    const data = { ...scope, key: newId(), revision: 1, fire_at: fireAt.toISOString(), payload: {} };
    await bus.publish({
      id: newId(),
      type: timerSetSubject('mission'),
      source: '/services/mission',
      time: fireAt.toISOString(),
      ...scope,
      version: 1,
      index: 0,
      data,
    });
    const { fired_at } = await arrived.promise;
    received.push(Date.now() - fireAt.getTime());
    fired.push(Date.parse(fired_at) - fireAt.getTime());
  }
  return { fired, received };
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
