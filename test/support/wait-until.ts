import { setTimeout as pause } from 'node:timers/promises';

export interface WaitUntilOptions {
  /**
   * 30 s by default, on purpose far more than a wait takes: a machine that other work fills is slow, and no fault. Give
   * more where a wait may take longer, never less.
   */
  withinMs?: number;
  everyMs?: number;
  /** Names the condition in the error. */
  what?: string;
}

/**
 * Waits until a condition holds, and returns whether it did within the time, where the test asserts something else
 * first that explains more. A condition that throws does not hold.
 */
export async function holdsWithin(withinMs: number, condition: () => Promise<boolean> | boolean): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      if (await condition()) return true;
    } catch {
      // As in waitUntil: a server that is asked may be down at the moment.
    }
    if (performance.now() >= deadline) return false;
    await pause(100);
  }
}

/**
 * Evaluates a condition until it holds, and resolves with its value. False, undefined and null do not hold.
 * A condition that throws is tried again; its last error becomes the cause when time runs out.
 * @throws Error after `withinMs`.
 */
export async function waitUntil<T>(
  condition: () => Promise<T> | T,
  { withinMs = 30_000, everyMs = 10, what = 'the condition' }: WaitUntilOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await condition();
      if (answer !== false && answer !== undefined && answer !== null)
        return answer as Exclude<T, false | null | undefined>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline)
      throw new Error(`${what} did not hold within ${withinMs} ms`, { cause: failure });
    await pause(everyMs);
  }
}
