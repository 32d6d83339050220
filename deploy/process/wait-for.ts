import { setTimeout as pause } from 'node:timers/promises';

export interface WaitForOptions {
  withinMs: number;
  everyMs?: number;
  /** Asked when time runs out: what to say in the error. */
  otherwise: () => string;
}

/** Asks again until the probe answers something other than undefined; throws `otherwise()` when time runs out. */
export async function waitFor<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitForOptions,
): Promise<T> {
  const deadline = performance.now() + options.withinMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) throw new Error(options.otherwise());
    await pause(options.everyMs ?? 20);
  }
}
