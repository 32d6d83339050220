import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/**
 * A loop that does work at the time at which it is due:
 *
 *     look for the next due time ──due──▶ work ──▶ look again
 *            └──not due──▶ sleep until then, at most `pollMs` ──▶ look again
 *
 * The poll finds work that other replicas stored. A virtual clock decides what is due and is slept on; pauses after a
 * failure use the real clock.
 */
export interface DuePoller {
  /** Look now: work may be due before the loop means to wake. */
  wake(): void;
  /** Work was stored that is due then (milliseconds since 1970): wakes the loop if it means to sleep longer. */
  wakeFor(dueAt: number): void;
  /** For readiness. @throws Error while the work fails. */
  check(): void;
  /** Resolves after the statement that is running. */
  stop(): Promise<void>;
}

export interface NextDue {
  readonly in_ms: number;
  /** Milliseconds since 1970. Left out if it is not known: then every `wakeFor` wakes the loop. */
  readonly at?: number;
}

export interface DuePollerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
  /** Labels for logs: noun and past participle, e.g. "timers", "fired". */
  readonly things: string;
  readonly done: string;
  /** True while the outbox may take no more events: due work then stays where it is. */
  readonly isOutboxFull: () => boolean;
  /** undefined: no work is waiting for its time. */
  readonly next: () => Promise<NextDue | undefined>;
  /** Answers how much was done; 0 if another replica has locked all of the due work. */
  readonly work: (stopping: AbortSignal) => Promise<number>;
}

/** Pause while all due work is locked by another replica, or by a change that may yet be rolled back. */
const CONTENDED_MS = 20;
const OUTBOX_FULL_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

export function startDuePoller({
  clock,
  logger,
  pollMs,
  things,
  done,
  isOutboxFull,
  next,
  work,
}: DuePollerOptions): DuePoller {
  const stopping = new AbortController();
  /**
   * Set by a wake-up while nobody sleeps; without it, work that is stored between the look and the sleep would wait for
   * the poll.
   */
  let wakeRequested = false;
  /** When the sleeper means to wake; Infinity while awake, so that any stored work is earlier. */
  let sleepingUntil = Infinity;
  let sleeper: AbortController | undefined;
  let failures = 0;
  let failure: unknown;

  const wake = (): void => {
    wakeRequested = true;
    sleeper?.abort();
  };
  const rest = (milliseconds: number): Promise<unknown> =>
    pause(milliseconds, undefined, { signal: stopping.signal }).catch(() => {});

  const step = async (): Promise<void> => {
    wakeRequested = false;
    sleepingUntil = Infinity;
    if (isOutboxFull()) return void (await rest(OUTBOX_FULL_MS));
    const askedAt = clock.now().getTime();
    const { in_ms, at = Infinity } = (await next()) ?? { in_ms: Infinity };
    if (in_ms <= 0) {
      if ((await work(stopping.signal)) === 0) await rest(CONTENDED_MS);
      return;
    }
    // A virtual clock may have been moved while the database was asked.
    const passed = clock.now().getTime() - askedAt;
    if (wakeRequested || stopping.signal.aborted) return;
    sleeper = new AbortController();
    sleepingUntil = at;
    await clock.sleep(Math.ceil(Math.min(in_ms, pollMs) - passed), sleeper.signal);
    sleeper = undefined;
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await step();
        if (failures > 0) logger.info({ failures }, `${things} are ${done} again`);
        failures = 0;
        failure = undefined;
      } catch (error) {
        failure = error;
        if (failures++ % 10 === 0)
          logger.warn({ err: error, failures }, `${things} cannot be ${done}; they stay stored and are tried again`);
        await rest(Math.min(50 * 2 ** failures, LONGEST_PAUSE_MS));
      }
    }
  };
  const ended = run();

  return {
    wake,
    wakeFor(dueAt) {
      if (dueAt < sleepingUntil) wake();
    },
    check() {
      if (failure !== undefined) throw new Error(`${things} cannot be ${done} just now`, { cause: failure });
    },
    async stop() {
      stopping.abort();
      wake();
      await ended;
    },
  };
}
