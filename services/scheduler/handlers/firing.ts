import { setTimeout as pause } from 'node:timers/promises';
import { counter, histogram } from '@missions/runtime/metrics.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type Clock, dueBy } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { FIRE_BATCH, fireTimers } from '../store/fire-timers.ts';
import { nextTimer } from '../store/next-timer.ts';

/**
 * Fires timers when they are due:
 *
 *     look for the next ──due──▶ fire, batch by batch ──▶ look again
 *            └──not due──▶ sleep until it is, at most `pollMs` ──▶ look again
 *
 * Woken when this process stores a timer that is due before the one it sleeps for. The poll is for what others stored: a copy that stores a
 * timer fires it, and the poll of another copy does so if the first one dies. It costs one look at an index.
 *
 * A virtual clock is slept on too, and decides what is due. Pauses after a failure pass by the real one.
 */
export interface Firing {
  /** Timers were committed, the first of them due then (milliseconds since 1970). */
  stored(earliest: number): void;
  /** For readiness: throws while timers cannot be fired. */
  check(): void;
  /** Ends after the statement in hand. */
  stop(): Promise<void>;
}

export interface FiringOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** True while the outbox can take no more: what is due then waits where it is. */
  readonly isFull?: () => boolean;
  readonly pollMs?: number;
}

/** What is due is locked by another copy, or by a set or cancel that may yet be rolled back. */
const CONTENDED_MS = 20;
const FULL_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

const firedTotal = counter('missions_timers_fired_total', 'Timers that fired', ['owner']);
const lateness = histogram('missions_timer_lateness_seconds', 'From when a timer was due to when it was fired', ['owner'], [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60, 3_600]);

export function startFiring({ db, clock, logger, isFull = () => false, pollMs = 1_000 }: FiringOptions): Firing {
  const tx = autocommit(db);
  const stopping = new AbortController();
  /** Rung by what is stored while nobody sleeps: without that memory a timer stored between looking and sleeping would wait for the poll. */
  let rung = false;
  /** When the sleeper means to wake; while awake, anything stored is earlier. */
  let sleepingUntil = Infinity;
  let sleeper: AbortController | undefined;
  let failures = 0;
  let failure: unknown;

  const wake = (): void => {
    rung = true;
    sleeper?.abort();
  };
  const rest = (milliseconds: number): Promise<unknown> => pause(milliseconds, undefined, { signal: stopping.signal }).catch(() => {});

  /** Answers how many fired. */
  const drain = async (): Promise<number> => {
    let total = 0;
    while (!stopping.signal.aborted && !isFull()) {
      const fired = await fireTimers(tx, dueBy(clock));
      for (const { owner, late_ms } of fired) {
        firedTotal.inc({ owner });
        lateness.observe({ owner }, late_ms / 1_000);
      }
      total += fired.length;
      if (fired.length < FIRE_BATCH) break;
    }
    return total;
  };

  const step = async (): Promise<void> => {
    rung = false;
    sleepingUntil = Infinity;
    if (isFull()) return void (await rest(FULL_MS));
    const asked = clock.now().getTime();
    const next = await nextTimer(tx, dueBy(clock));
    if (next && next.in_ms <= 0) {
      const fired = await drain();
      if (fired === 0) await rest(CONTENDED_MS);
      else logger.debug({ fired }, 'timers fired');
      return;
    }
    // Of a virtual clock: it may have been moved while the database was asked.
    const passed = clock.now().getTime() - asked;
    if (rung || stopping.signal.aborted) return;
    sleeper = new AbortController();
    sleepingUntil = next?.fire_at ?? Infinity;
    await clock.sleep(Math.ceil(Math.min(next?.in_ms ?? Infinity, pollMs) - passed), sleeper.signal);
    sleeper = undefined;
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await step();
        if (failures > 0) logger.info({ failures }, 'timers are fired again');
        failures = 0;
        failure = undefined;
      } catch (error) {
        failure = error;
        if (failures++ % 10 === 0) logger.warn({ err: error, failures }, 'timers cannot be fired; they are kept, and tried again');
        await rest(Math.min(50 * 2 ** failures, LONGEST_PAUSE_MS));
      }
    }
  };
  const done = run();

  return {
    stored(earliest) {
      if (earliest < sleepingUntil) wake();
    },
    check() {
      if (failure !== undefined) throw new Error('timers cannot be fired just now', { cause: failure });
    },
    async stop() {
      stopping.abort();
      wake();
      await done;
    },
  };
}
