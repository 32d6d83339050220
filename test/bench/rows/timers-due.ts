import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { fireTimers } from '@missions/scheduler/timers/store/timers.ts';
import { watchMachine } from '../machine.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { isRoundDue } from '../time.ts';
import { median } from '../statistics.ts';
import { openTimers, plantTimers, startScheduler } from '../timers.ts';

const DUE = 100_000;
/**
 * Fewer: the NATS server writes each message to the disk before it says so (`sync_interval: always`), a thousand or
 * two a second on a disk like ours.
 */
const DELIVERED = 10_000;
/** Bounded by `--rounds`. */
const ROUNDS = 3;
const GIVE_UP_MS = 120_000;

export const row: Row = {
  about:
    '10⁵ timers due at once, fired into the outbox (their events are committed); and 10⁴, delivered to their owner through relay and JetStream',
  run: due,
};

async function due(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const fired: number[] = [];
  for (let round = 1; round <= ROUNDS && isRoundDue(bench, round); round += 1) {
    const database = await servers.database();
    const db = await openTimers(bench, database);
    await plantTimers(database, { count: DUE, due: 'already' });
    await servers.checkpoint();
    const machine = watchMachine();
    const begun = performance.now();
    const tx = autocommit(db);
    let count = 0;
    for (let more = 1; more > 0; count += more) more = (await fireTimers(tx, null)).length;
    const seconds = (performance.now() - begun) / 1_000;
    if (count !== DUE) throw new Error(`${count} timers fired instead of ${DUE}`);
    fired.push(count / seconds);
    bench.say(
      `round ${round}: ${count} fired into the outbox in ${seconds.toFixed(2)} s, ${(count / seconds).toFixed(0)}/s; busy ${machine().busy?.toFixed(0) ?? '–'}%`,
    );
  }
  const delivered = await deliver(bench, servers);
  return [
    {
      what: 'fired into the outbox',
      figure: median(fired),
      unit: '/s',
      spread: [Math.min(...fired), Math.max(...fired)],
      target: { atLeast: 10_000 },
    },
    { what: 'delivered to their owner', figure: delivered, unit: '/s' },
  ];
}

/**
 * Timers that came due while the scheduler was down: time from the first firing to the last arrival. One copy of the
 * service, one owner.
 */
async function deliver(bench: Bench, servers: Awaited<ReturnType<typeof startBenchServers>>): Promise<number> {
  const database = await servers.database();
  const db = await openTimers(bench, database);
  await plantTimers(database, { count: DELIVERED, due: 'already' });
  await servers.checkpoint();
  const nats = await servers.nats();
  const bus = await connectBus({
    servers: nats.urlFor('mission'),
    name: 'mission',
    logger: createLogger({ service: 'bench', level: 'error' }),
  });
  bench.after(() => bus.drain());
  const ids = new Set<string>();
  let deliveries = 0;
  const all = Promise.withResolvers<void>();
  const take = (id: string): void => {
    deliveries += 1;
    ids.add(id);
    if (ids.size === DELIVERED) all.resolve();
  };
  await bus.consume({
    stream: 'SCHEDULER',
    service: 'mission',
    subjects: [timerSubject('mission')],
    handleOne: async ({ id }) => take(id),
    handleBatch: async (events) => events.forEach(({ id }) => take(id)),
  });
  const machine = watchMachine();
  const scheduler = await startScheduler({ database, nats, folder: servers.folder });
  bench.after(scheduler.stop);
  const late = setTimeout(
    () => all.reject(new Error(`only ${ids.size} of ${DELIVERED} firings arrived within ${GIVE_UP_MS / 1_000} s`)),
    GIVE_UP_MS,
  );
  await all.promise.finally(() => clearTimeout(late));
  const { rows } = await db.pool.query<{ seconds: number; all: number }>(
    'select extract(epoch from clock_timestamp() - min(fired_at))::float8 as seconds, (extract(epoch from max(fired_at) - min(fired_at)))::float8 as all from timer',
  );
  const { seconds = NaN, all: firing = NaN } = rows[0] ?? {};
  bench.say(
    `${DELIVERED} delivered in ${seconds.toFixed(2)} s, ${deliveries - DELIVERED} of them twice; the last one fired after ${firing.toFixed(2)} s; busy ${machine().busy?.toFixed(0) ?? '–'}%`,
  );
  return DELIVERED / seconds;
}
