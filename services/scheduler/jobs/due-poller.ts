import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/**
 * Does what is due, when it is due:
 *
 *     look for the next ──due──▶ work ──▶ look again
 *            └──not due──▶ sleep until it is, at most `pollMs` ──▶ look again
 *
 * The poll is for what other copies stored. A virtual clock is slept on too, and decides what is due; pauses after a failure pass by the real one.
 */
export interface DuePoller {
  /** Something may be due before it means to wake. */
  wake(): void;
  /** As `wake`, for what is due then (milliseconds since 1970), when that is earlier. */
  stored(earliest: number): void;
  /** For readiness: throws while it cannot do what is due. */
  check(): void;
  /** Ends after the statement in hand. */
  stop(): Promise<void>;
}

export interface Next {
  readonly in_ms: number;
  /** Milliseconds since 1970. Not known: then whatever is stored wakes it. */
  readonly at?: number;
}

export interface DuePollerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
  /** For messages: what is due, and what is done with it, as in "timers", "fired". */
  readonly things: string;
  readonly done: string;
  /** True while the outbox can take no more: what is due then waits where it is. */
  readonly isFull: () => boolean;
  /** undefined: nothing is. */
  readonly next: () => Promise<Next | undefined>;
  /** Answers how much it did: nothing, when what is due is held by another copy just now. */
  readonly work: (stopping: AbortSignal) => Promise<number>;
}

/** What is due is locked by another copy, or by a change that may yet be rolled back. */
const CONTENDED_MS = 20;
const FULL_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

export function startDuePoller({
  clock,
  logger,
  pollMs,
  things,
  done,
  isFull,
  next,
  work,
}: DuePollerOptions): DuePoller {
  const stopping = new AbortController();
  /** Rung by what is stored while nobody sleeps: without that memory what is stored between looking and sleeping would wait for the poll. */
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
  const rest = (milliseconds: number): Promise<unknown> =>
    pause(milliseconds, undefined, { signal: stopping.signal }).catch(() => {});

  const step = async (): Promise<void> => {
    rung = false;
    sleepingUntil = Infinity;
    if (isFull()) return void (await rest(FULL_MS));
    const asked = clock.now().getTime();
    const { in_ms, at = Infinity } = (await next()) ?? { in_ms: Infinity };
    if (in_ms <= 0) {
      if ((await work(stopping.signal)) === 0) await rest(CONTENDED_MS);
      return;
    }
    // Of a virtual clock: it may have been moved while the database was asked.
    const passed = clock.now().getTime() - asked;
    if (rung || stopping.signal.aborted) return;
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
          logger.warn({ err: error, failures }, `${things} cannot be ${done}; they are kept, and tried again`);
        await rest(Math.min(50 * 2 ** failures, LONGEST_PAUSE_MS));
      }
    }
  };
  const ended = run();

  return {
    wake,
    stored(earliest) {
      if (earliest < sleepingUntil) wake();
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
