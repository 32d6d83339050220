import { type Loop, type LoopOptions, startLoop } from './loop.ts';

/** Work that is done periodically and needs no wake-up, such as deleting old rows. */
export type PeriodicJob = Pick<Loop, 'stop'>;

export interface PeriodicJobOptions extends Pick<LoopOptions, 'name' | 'logger' | 'runAtStart' | 'clock'> {
  /** From the end of one run to the start of the next. */
  readonly everyMs: number;
  /** A run that throws is logged, and the next one comes at its usual time. `stopping` is aborted by `stop`. */
  readonly run: (stopping: AbortSignal) => Promise<unknown>;
}

/**
 * Runs a function every `everyMs`, one run at a time; the first run comes after `everyMs`, or at once with
 * `runAtStart`. `stop` waits for the running one. Work that a wake-up should start earlier is a `startLoop`.
 */
export function startPeriodicJob({ everyMs, run, runAtStart = false, ...options }: PeriodicJobOptions): PeriodicJob {
  const { stop } = startLoop({
    ...options,
    runAtStart,
    intervalMs: everyMs,
    run: async ({ stopping }) => void (await run(stopping)),
  });
  // Without the loop's `check`: a run that fails once must not make the service unready until its next run.
  return { stop };
}
