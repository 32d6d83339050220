import { backoff } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Logger } from './logger.ts';
import { type Loop, startLoop } from './loop.ts';

/**
 * A loop that does work at the time at which it is due:
 *
 *     look for the next due time ──due──▶ work ──▶ look again
 *            └──not due──▶ sleep until then, at most `pollMs` ──▶ look again
 *
 * The poll finds work that other replicas stored. A virtual clock decides what is due and is slept on; pauses for a
 * full outbox, for locked work and after a failure use the real clock.
 */
export interface DuePoller extends Loop {
  /** Work was stored that is due then (milliseconds since 1970): wakes the loop if it means to sleep longer. */
  wakeFor(dueAt: number): void;
}

export interface NextDue {
  readonly in_ms: number;
  /** Milliseconds since 1970. Left out if it is not known: then every `wakeFor` wakes the loop. */
  readonly at?: number;
}

export interface DuePollerOptions {
  /** Names the work in log messages, e.g. "firing of timers". */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
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
const RETRY = { firstMs: 100, maxMs: 2_000 };

export function startDuePoller({ name, clock, logger, pollMs, isOutboxFull, next, work }: DuePollerOptions): DuePoller {
  /** When the sleeping loop means to wake; Infinity during a pass, so that any stored work causes another pass. */
  let sleepingUntil = Infinity;

  const loop = startLoop({
    name,
    logger,
    clock,
    intervalMs: pollMs,
    pauseAfterFailure: (failures) => backoff(failures, RETRY),
    logEvery: 10,
    async run({ stopping }) {
      sleepingUntil = Infinity;
      if (isOutboxFull()) {
        await systemClock.sleep(OUTBOX_FULL_MS, stopping);
        return 0;
      }
      const askedAt = clock.now().getTime();
      const { in_ms, at = Infinity } = (await next()) ?? { in_ms: Infinity };
      if (in_ms <= 0) {
        if ((await work(stopping)) === 0) await systemClock.sleep(CONTENDED_MS, stopping);
        return 0;
      }
      // A virtual clock may have been moved while the database was asked.
      const passed = clock.now().getTime() - askedAt;
      sleepingUntil = at;
      return Math.ceil(in_ms - passed);
    },
  });
  return {
    ...loop,
    wakeFor(dueAt) {
      if (dueAt < sleepingUntil) loop.wake();
    },
  };
}
