import { type Clock, systemClock } from './clock.ts';
import type { Logger } from './logger.ts';
import { WakeableTimer } from './wakeable-timer.ts';

/**
 * A poller that can be woken: looks for work at once, whenever it is woken, and otherwise after an interval.
 *
 *     pass ──done──▶ sleep (until woken, due, or the interval is over) ──▶ pass
 *       └──failed──▶ log, pause ──▶ pass
 *
 * One pass runs at a time. A wake-up that comes during a pass causes another pass right after it, because the pass may
 * have looked before the new work was committed. The interval is the safety net for unannounced work: written
 * by another process, or left by one that died.
 */
export interface Loop {
  /** There may be work: the next pass starts at once, or right after the running one. */
  wake(): void;
  /** For readiness. @throws Error while the latest pass has failed; its cause is that pass's error. */
  check(): void;
  /** Starts no further pass, aborts the sleep and the passes' signal, and resolves when the running pass has ended. */
  stop(): Promise<void>;
}

export interface Pass {
  /** Aborted by `stop`; for the pass's own waits, and to end it early. */
  readonly stopping: AbortSignal;
  /** Whether `wake` was called since the previous successful pass began; false if only the interval is over. */
  readonly woken: boolean;
}

export interface LoopOptions {
  /** Names the work in log messages and in `check`, as in "delivery of signals". */
  readonly name: string;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** The longest sleep between two passes, in ms. */
  readonly intervalMs: number;
  /**
   * Resolves with the ms until the next pass is due, at most `intervalMs`; 0 starts the next pass at once, nothing
   * means `intervalMs`. A pass that throws is logged and repeated.
   */
  readonly run: (pass: Pass) => Promise<number | void>;
  /**
   * The pause in ms after so many failed passes in a row (1, 2, …), of real time and not cut short by `wake`; see
   * `backoff`. Default: the ordinary sleep of `intervalMs`, which `wake` cuts short.
   */
  readonly pauseAfterFailure?: (failures: number) => number;
  /** Of so many failures in a row, one is logged, beginning with the first. Default 1: each is logged. */
  readonly logEvery?: number;
  /** False: the first pass waits for the interval or a wake-up. Default true. */
  readonly runAtStart?: boolean;
  /** Measures the sleep between passes. Default: real time. */
  readonly clock?: Clock;
}

export function startLoop(options: LoopOptions): Loop {
  const { name, logger, intervalMs, run, pauseAfterFailure, logEvery = 1, runAtStart = true, clock } = options;
  const timer = new WakeableTimer(clock);
  const stopping = new AbortController();
  let woken = false;
  let failures = 0;
  let failure: unknown;

  const runPass = async (): Promise<number | void> => {
    woken ||= timer.wakeRequested;
    timer.clear();
    const dueIn = await run({ stopping: stopping.signal, woken });
    woken = false;
    if (failures > 0) logger.info({ failures }, `${name}: works again`);
    failures = 0;
    failure = undefined;
    return dueIn;
  };

  const recover = async (error: unknown): Promise<void> => {
    // A pass whose waits were aborted has not failed.
    if (stopping.signal.aborted) return;
    failure = error;
    if (failures++ % logEvery === 0) logger.warn({ err: error, failures }, `${name}: failed, and is tried again`);
    if (pauseAfterFailure) await systemClock.sleep(pauseAfterFailure(failures), stopping.signal);
    else await timer.sleep(intervalMs);
  };

  const loop = async (): Promise<void> => {
    if (!runAtStart) await timer.sleep(intervalMs);
    while (!stopping.signal.aborted) {
      try {
        const dueIn = Math.min((await runPass()) ?? intervalMs, intervalMs);
        if (dueIn > 0 && !stopping.signal.aborted) await timer.sleep(dueIn);
      } catch (error) {
        await recover(error);
      }
    }
  };
  const ended = loop();

  return {
    wake: () => timer.wake(),
    check() {
      if (failures > 0) throw new Error(`${name}: fails at present, and is tried again`, { cause: failure });
    },
    async stop() {
      stopping.abort();
      timer.wake();
      await ended;
    },
  };
}
