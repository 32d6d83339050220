import { setTimeout as pause } from 'node:timers/promises';

export interface WaitForOptions {
  withinMs: number;
  /** Pause between two probes; 20 ms by default. */
  everyMs?: number;
  /** Message of the error that is thrown when the time is over. */
  timeoutMessage: () => string;
}

/** Repeats the probe until it returns a value. @throws Error with `timeoutMessage()`, or the error of the probe. */
export async function waitFor<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  { withinMs, everyMs = 20, timeoutMessage }: WaitForOptions,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() >= deadline) throw new Error(timeoutMessage());
    await pause(everyMs);
  }
}
