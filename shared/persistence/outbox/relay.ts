import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@missions/contracts/errors.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { gauge } from '@missions/runtime/metrics.ts';
import { type Pass, startLoop } from '@missions/runtime/loop.ts';
import type { Database } from '../database.ts';
import { LeaderLease } from '../leader-lease.ts';
import { type Backlog, hasActiveRelay, measureBacklog } from './inspection.ts';
import { OutboxDrain, type Publish, type RelayFaults } from './drain.ts';
import { type PublishedStreams, StreamHealing } from './healing.ts';

/**
 * Publishes the events of the outbox, at least once, each mission's events in order. Every process of a service runs a
 * relay; one of them is active:
 *
 *     connecting → standby → (leader lease) active → (lease or connection lost) connecting
 *
 * The active relay is woken by commits of its own process, by NOTIFY from the processes that stand by, and by a poll
 * that is only a safety net. It publishes only while it holds the lease, and marks with the epoch of its lease, so a relay
 * that has lost the lease can mark nothing. While a batch is being published, further rows gather: under load the batches grow by
 * themselves, and a single event is published at once.
 */
export interface RelayOptions {
  db: Database;
  /** Resolves when the bus has stored the event. `body` is `event.data` as JSON text, so that it need not be parsed. */
  publish: Publish;
  /** What the relay publishes into, and publishes again into when it has lost events. */
  streams?: PublishedStreams;
  logger: Logger;
  /** Rows per batch at most. Default 500. */
  batch?: number;
  /** Default 1000. */
  pollMs?: number;
  /** Above so many pending events the service is not ready, and `admit` refuses writes. Default 50,000. */
  highWater?: number;
  faults?: RelayFaults;
}

export interface Relay {
  /** Rows were committed. Needed only for writers that did not call `wakeRelayAfterCommit`. */
  wake(): void;
  state(): RelayState;
  /** Counts to just above the high-water mark. */
  lag(): Promise<Backlog>;
  /**
   * For readiness. @throws Error above the high-water mark, and when events have waited for 30 s and no process of the
   * service publishes.
   */
  check(): Promise<void>;
  /**
   * To be called before a write is accepted.
   * @throws Problem `UNAVAILABLE` above the high-water mark, as it was measured at most 2 s ago.
   */
  admit(): void;
  /** Ends after the running batch; another process becomes active at once. */
  stop(): Promise<void>;
}

const labels = ['schema'] as const;
const pendingEvents = gauge('missions_outbox_pending', 'Events that are not yet published', labels);
const oldestEvent = gauge(
  'missions_outbox_oldest_seconds',
  'Age of the oldest event that is not yet published',
  labels,
);
const isActive = gauge('missions_relay_active', 'Whether this process publishes (1) or stands by (0)', labels);

export type RelayState = 'connecting' | 'standby' | 'active' | 'stopped';

const MEASURE_MS = 2_000;
/** Longer than a leader that is gone keeps its lease, and than a new one takes to connect. */
const UNLED_MS = 30_000;
/** Between two notifications to the active relay: NOTIFY takes a lock on the whole database. */
const NOTIFY_GAP_MS = 10;

export function startRelay(options: RelayOptions): Relay {
  const { db, logger, streams, pollMs = 1_000, highWater = 50_000 } = options;
  const healing = streams && new StreamHealing(streams, logger);
  const drain = new OutboxDrain({ ...options, healing });
  let lease: LeaderLease | undefined;
  let state: RelayState = 'connecting';
  let pending = 0;
  let measuredAt = -Infinity;

  const enter = (next: RelayState): void => {
    if (next !== state) logger.info({ relay: next, before: state }, `the relay is ${next}`);
    state = next;
    isActive.set({ schema: db.schema }, next === 'active' ? 1 : 0);
  };

  // Over the relay's own connection: the pool may be busy with writes, which must not delay the events of those writes.
  const measure = async ({ client }: LeaderLease): Promise<void> => {
    if (performance.now() - measuredAt < MEASURE_MS) return;
    measuredAt = performance.now();
    const backlog = await measureBacklog(client, highWater + 1);
    ({ pending } = backlog);
    pendingEvents.set({ schema: db.schema }, pending);
    oldestEvent.set({ schema: db.schema }, backlog.oldestMs / 1000);
  };

  const pass = async (woken: boolean): Promise<number | undefined> => {
    if (!lease) {
      lease = await LeaderLease.connect(db, { key: 'relay', role: 'relay', onLost: () => loop.wake() });
      await listen(db, lease, () => loop.wake());
    }
    if (lease.lost) throw new Error('the lease of the relay or its connection was lost');
    let more = false;
    if (await lease.tryAcquire()) {
      enter('active');
      if (!healing || (await whole(healing, lease))) more = await drain.drainBatch(lease);
    } else {
      enter('standby');
      if (woken) {
        await notify(db, lease, NEW_ROWS);
        await pause(NOTIFY_GAP_MS);
      }
    }
    await measure(lease);
    return more ? 0 : drain.nextTryIn();
  };

  /** False while the bus does not answer, or lacks a stream: events wait then. */
  const whole = async (healing: StreamHealing, held: LeaderLease): Promise<boolean> => {
    try {
      return await healing.check(held);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      logger.warn({ err: error }, 'the streams cannot be looked at; events wait');
      return false;
    }
  };

  const disconnect = async (): Promise<void> => {
    const left = lease;
    lease = undefined;
    if (left) await leave(db, left);
  };

  const loop = startLoop({
    name: `outbox relay of ${db.schema}`,
    logger,
    intervalMs: pollMs,
    pauseAfterFailure: (failures) => backoff(failures, { firstMs: 100, maxMs: pollMs }),
    run: async ({ woken, stopping }: Pass) => {
      try {
        return await pass(woken);
      } catch (error) {
        await disconnect();
        if (!stopping.aborted) enter('connecting');
        throw error;
      }
    },
  });
  const unsubscribe = db.outboxWritten.on(() => loop.wake());

  const measured = async (): Promise<Backlog & { led: boolean }> => {
    const client = await db.pool.connect();
    try {
      const backlog = await measureBacklog(client, highWater + 1);
      return { ...backlog, led: backlog.oldestMs < UNLED_MS || (await hasActiveRelay(client)) };
    } finally {
      client.release();
    }
  };

  return {
    wake: () => loop.wake(),
    state: () => state,
    lag: measured,
    async check() {
      const backlog = await measured();
      const seconds = Math.round(backlog.oldestMs / 1000);
      if (backlog.pending > highWater)
        throw new Error(`the outbox holds more than ${highWater} events, the oldest ${seconds} s old`);
      if (!backlog.led)
        throw new Error(
          `events wait, the oldest for ${seconds} s, and no copy of the service publishes: this one's relay is ${state}`,
        );
    },
    admit() {
      if (pending > highWater)
        throw new Problem(
          'UNAVAILABLE',
          'Events cannot be delivered at present, so no further write is accepted. Try again.',
        );
    },
    async stop() {
      unsubscribe();
      await loop.stop();
      await disconnect();
      enter('stopped');
    },
  };
}

const VACANT = 'vacant';
const NEW_ROWS = '';
const channel = (db: Database): string => `outbox_${db.schema}`;

/** Wakes this relay when the active one has left, and, while it is active itself, when there are new rows. */
async function listen(db: Database, lease: LeaderLease, wake: () => void): Promise<void> {
  // A relay that stands by receives its own notifications of new rows too, and must ignore them.
  lease.client.on('notification', ({ payload }) => {
    if (lease.held || payload === VACANT) wake();
  });
  await lease.client.query(`listen ${channel(db)}`);
}

/** Never part of the writing transaction: a NOTIFY inside it would serialise all commits. */
async function notify(db: Database, lease: LeaderLease, payload: string): Promise<void> {
  await lease.client.query('select pg_notify($1, $2)', [channel(db), payload]);
}

async function leave(db: Database, lease: LeaderLease): Promise<void> {
  try {
    if (lease.held) {
      await lease.release();
      await notify(db, lease, VACANT);
    }
  } catch {
    // The connection is lost: the other relays take over at their next poll.
  }
  await lease.close();
}
