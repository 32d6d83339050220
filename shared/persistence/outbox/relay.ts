import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { Database } from '../database.ts';
import { WakeableTimer } from '@missions/runtime/wakeable-timer.ts';
import { type Backlog, measureBacklog } from './backlog.ts';
import { LeaderLock } from './leader-lock.ts';
import { OutboxDrain, type RelayFaults } from './drain.ts';

/**
 * Publishes what the outbox holds, at least once, each mission's events in order. One relay per schema is active:
 *
 *   connecting → standing by ⇄ (lock) active → (connection lost) connecting
 *
 * The active one is woken by commits of its own process, by NOTIFY from the others, and by a poll that is a safety net only. Each wake-up
 * sets a flag that is cleared before the outbox is read, so that a commit during a pass causes another pass. While a pass is publishing,
 * further rows gather; under load they form batches by themselves, and alone an event leaves at once.
 */
export interface RelayOptions {
  db: Database;
  /** Resolves when the bus has stored it. `body` is `event.data` as JSON text; publishing that saves parsing it. */
  publish: (event: EventEnvelope, body: string) => Promise<unknown>;
  logger: Logger;
  /** Rows per pass at most. */
  batch?: number;
  pollMs?: number;
  /** This many pending events make the service not ready, and `admit` refuse writes. */
  highWater?: number;
  faults?: RelayFaults;
}

export interface Relay {
  /** New rows were committed. Needed only where nothing announced them (`announceOutbox`). */
  wake(): void;
  state(): RelayState;
  /** For metrics. Counted to just above the high-water mark. */
  lag(): Promise<Backlog>;
  /** For readiness: throws above the high-water mark. */
  check(): Promise<void>;
  /** Throws `UNAVAILABLE` above the high-water mark, as of the last measurement (≤ 2 s ago): call it before accepting a write. */
  admit(): void;
  /** Ends after the pass in hand; another process takes over at once. */
  stop(): Promise<void>;
}

export type RelayState = 'connecting' | 'standby' | 'active' | 'stopped';

const MEASURE_MS = 2_000;
/** Between two announcements to the active relay: NOTIFY takes a lock on the whole database. */
const ANNOUNCE_GAP_MS = 10;

export function startRelay(options: RelayOptions): Relay {
  const { db, logger, pollMs = 1_000, highWater = 50_000 } = options;
  const alarm = new WakeableTimer();
  const passes = new OutboxDrain(options, alarm);
  const ignore = db.outboxWritten.on(() => alarm.wake());
  let stopping = false;
  let state: RelayState = 'connecting';
  let pending = 0;
  let measuredAt = -Infinity;

  let failures = 0;

  const lag = async (): Promise<Backlog> => {
    const client = await db.pool.connect();
    try {
      return await measureBacklog(client, highWater + 1);
    } finally {
      client.release();
    }
  };
  const enter = (next: RelayState): void => {
    if (next !== state) logger.info({ relay: next, before: state }, 'relay');
    state = next;
  };
  // Over the relay's own connection: a pool that is busy with writes must not hold up the publishing of what they wrote.
  const measure = async (post: LeaderLock): Promise<void> => {
    if (performance.now() - measuredAt < MEASURE_MS) return;
    measuredAt = performance.now();
    ({ pending } = await measureBacklog(post.client, highWater + 1));
  };

  const serve = async (post: LeaderLock): Promise<void> => {
    while (!stopping && !post.lost) {
      if (await post.take()) {
        enter('active');
        await passes.drain(post, () => stopping);
      } else {
        enter('standby');
        if (alarm.wakeRequested) {
          alarm.clear();
          await post.announce();
          await pause(ANNOUNCE_GAP_MS);
        }
      }
      await measure(post);
      failures = 0;
      if (!stopping) await alarm.sleep(Math.min(pollMs, passes.nextTryIn() ?? pollMs));
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping) {
      let post: LeaderLock | undefined;
      try {
        post = await LeaderLock.open(db, () => alarm.wake());
        await serve(post);
      } catch (error) {
        failures++;
        if (!stopping) logger.warn({ err: error, failures }, 'relay interrupted; it goes on by itself');
      } finally {
        await post?.leave();
      }
      if (stopping) break;
      enter('connecting');
      await pause(Math.min(50 * 2 ** failures, pollMs));
    }
    enter('stopped');
  };
  const done = run();

  return {
    wake: () => alarm.wake(),
    state: () => state,
    lag,
    async check() {
      const backlog = await lag();
      if (backlog.pending > highWater)
        throw new Error(
          `the outbox holds more than ${highWater} events, the oldest ${Math.round(backlog.oldestMs / 1000)} s old`,
        );
    },
    admit() {
      if (pending > highWater)
        throw new Problem('UNAVAILABLE', 'Events cannot be delivered just now, and no more are taken. Try again.');
    },
    async stop() {
      stopping = true;
      ignore();
      alarm.wake();
      await done;
    },
  };
}
