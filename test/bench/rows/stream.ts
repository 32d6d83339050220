import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { Pool } from 'undici';
import { deliveryFaults } from '../delivery.ts';
import { type Streams, startStreams } from '../load/streams.ts';
import { watchMachine } from '../machine.ts';
import { processorTime } from '../processor.ts';
import { type Product, startProduct } from '../product.ts';
import { usedByOthers } from '../rounds.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, percentile, range } from '../statistics.ts';
import { isRoundDue } from '../time.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
const EVENTS = 5_000;
const WITHIN_S = 10;
const STREAMS = 20;
/** An event each in turn: a stream that read a mission's history anew would cost more with every event. */
const MISSIONS = 25;
const WARM_UP = 500;
/** Events begin by then, evenly, so that the last is written in time. */
const PACE_S = 9;
/** Idle sessions of PostgreSQL tell what they have counted after ten seconds. */
const COUNTED_AFTER_MS = 11_000;

export const row: Row = {
  about: `${EVENTS} events of one user within ${WITHIN_S} s, with ${STREAMS} streams of that user open: each event once in each stream`,
  run: stream,
};

interface Round {
  /** Until the last event was written. */
  seconds: number;
  p50: number;
  p99: number;
  /** Requests that the streams made of the mission service, for each event. */
  reads: number;
  /** Processor ms of an event, by process. */
  processor: Record<string, number>;
  others: number | null;
}

async function stream(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const database = await servers.database();
  const nats = await servers.nats();
  const product = await startProduct({ name: 'product', database, nats, secret: SECRET, folder: servers.folder });
  product.programs.forEach((program) => bench.after(program.stop));
  const pids = {
    postgres: servers.postgresPid,
    nats: nats.pid,
    ...Object.fromEntries(product.programs.map(({ service, pid }) => [service, pid])),
  };
  const pool = new Pool(product.origin, { connections: bench.options.connections, pipelining: 1 });
  bench.after(() => pool.destroy());
  const streams = startStreams(bench);
  const measured = { bench, product, pool, streams, pids };

  bench.say(`warming up with ${WARM_UP} events`);
  await measure(measured, 'user-0', WARM_UP);
  const readBefore = await historyRowsRead(database.adminUrl);
  const rounds: Round[] = [];
  for (let round = 1; isRoundDue(bench, round); round += 1) {
    await servers.checkpoint();
    const one = await measure(measured, `user-${round}`, EVENTS);
    rounds.push(one);
    bench.say(line(round, one));
  }
  const rowsRead = (await historyRowsRead(database.adminUrl)) - readBefore;

  const processor = rounds.map((one) => Object.values(one.processor).reduce((sum, ms) => sum + ms, 0));
  const of = (figure: 'seconds' | 'p50' | 'p99' | 'reads') => {
    const values = rounds.map((one) => one[figure]);
    return { figure: median(values), spread: range(values) };
  };
  return [
    { what: `${EVENTS} events written`, ...of('seconds'), unit: 's', target: { atMost: WITHIN_S } },
    { what: 'event → stream, p50', ...of('p50'), unit: 'ms' },
    { what: 'event → stream, p99', ...of('p99'), unit: 'ms', target: { atMost: 1_000 } },
    { what: `requests of ${STREAMS} streams for an event`, ...of('reads'), unit: '' },
    {
      what: 'rows of history read for an event in a stream',
      figure: rowsRead / (rounds.length * EVENTS * STREAMS),
      unit: '',
      target: { atMost: 1.1 },
    },
    { what: 'processor of an event', figure: median(processor), spread: range(processor), unit: 'ms' },
  ];
}

interface Measured {
  bench: Bench;
  product: Product;
  pool: Pool;
  streams: Streams;
  pids: Record<string, number>;
}

/** @throws Error unless each stream got each event once: a figure of streams that lose events says nothing. */
async function measure({ bench, product, pool, streams, pids }: Measured, user: string, count: number): Promise<Round> {
  const headers = { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json', 'x-user-id': user };
  const call = async (path: string, body: object): Promise<{ id: string }> => {
    const { statusCode, body: answer } = await pool.request({
      method: 'POST',
      path,
      headers,
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (statusCode !== 201) throw new Error(`the product answered ${statusCode}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };
  const missions = await Promise.all(
    Array.from({ length: MISSIONS }, (_, nth) =>
      call('/api/internal/missions', { title: `Mission ${nth}`, user_id: user }),
    ),
  );
  await streams.open({ count: STREAMS, origin: product.origin, headers, event: 'note' });

  const readsBefore = await readsOf(product);
  const before = processorOf(pids);
  const reading = watchMachine();
  const start = performance.now();
  const written: string[] = [];
  await paced(count, bench.options.connections, async (nth) => {
    const { id } = await call(`/api/internal/missions/${missions[nth % MISSIONS]?.id}/events`, {
      event_type: 'note',
      title: `Event ${nth}`,
      content: 'The room is booked for Tuesday at ten, for twelve people, with a screen.',
    });
    written.push(id);
  });
  const seconds = (performance.now() - start) / 1000;
  const delivered = await streams.closeAfter(count);
  const { others } = reading();
  const after = processorOf(pids);
  const reads = ((await readsOf(product)) - readsBefore) / count;

  const faults = deliveryFaults(written, delivered);
  if (faults.length > 0) throw new Error(`streams did not deliver each event once:\n${faults.join('\n')}`);
  const delays = delivered.flatMap(({ delaysMs }) => delaysMs);
  return {
    seconds,
    p50: percentile(delays, 50),
    p99: percentile(delays, 99),
    reads,
    processor: Object.fromEntries(
      Object.keys(pids).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / count]),
    ),
    others,
  };
}

/** Begins events at even intervals, as far as so many at once allow. */
async function paced(count: number, atOnce: number, step: (nth: number) => Promise<void>): Promise<void> {
  const start = performance.now();
  let next = 0;
  const again = async (): Promise<void> => {
    while (next < count) {
      const nth = next++;
      const early = (nth * PACE_S * 1000) / EVENTS - (performance.now() - start);
      if (early > 1) await pause(early);
      await step(nth);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, again));
}

const processorOf = (pids: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processorTime(pid)]));

const READS = ['recent_history', 'new_history', 'changed_missions'];

/** How many requests for history the mission service has answered, by its own count. */
async function readsOf({ metricsUrl }: Product): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return [...text.matchAll(/^missions_request_seconds_count\{(.*)\} (\d+)$/gm)]
    .filter(([, labels = '']) => READS.some((verb) => labels.includes(`verb="${verb}"`)))
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}

/** Rows that statements have fetched from the history's table; writing an event fetches none. */
async function historyRowsRead(adminUrl: string): Promise<number> {
  await pause(COUNTED_AFTER_MS);
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ fetched: string }>(
      `select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as fetched
         from pg_stat_user_tables where schemaname = 'mission' and relname = 'mission_event'`,
    );
    return Number(rows[0]?.fetched);
  } finally {
    await client.end();
  }
}

function line(round: number, { seconds, p50, p99, reads, processor, others }: Round): string {
  const each = Object.entries(processor).map(([process, ms]) => `${process} ${ms.toFixed(2)}`);
  return [
    `${round}  ${EVENTS} events in ${seconds.toFixed(1)} s, each once in each of ${STREAMS} streams`,
    `delay p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    `${reads.toFixed(2)} requests for an event`,
    `processor ms for an event: ${each.join(', ')}`,
    `used by others ${usedByOthers(others)}`,
  ].join(' | ');
}
