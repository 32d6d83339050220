import { setTimeout as pause } from 'node:timers/promises';

/**
 * Longer than what one fault costs: streams that are set back are whole a minute later. Whoever waits in vain is found
 * by what is left at the end.
 */
export const INSIST_MS = 300_000;

/**
 * How long callers insist: so long after their call, or after the last fault, if faults follow each other. A caller that
 * gave up earlier would end the run, and nothing would be checked.
 */
export class Patience {
  #renewedAt = 0;

  /** A fault was inflicted. */
  renew(): void {
    this.#renewedAt = performance.now();
  }

  /** As `waitUntil`. @throws Error when patience has run out */
  async until<T>(
    condition: () => Promise<T> | T,
    { everyMs = 50, what }: { readonly everyMs?: number; readonly what: string },
  ): Promise<Exclude<T, false | null | undefined>> {
    const began = performance.now();
    for (;;) {
      let failure: unknown;
      try {
        const answer = await condition();
        if (answer !== false && answer !== undefined && answer !== null)
          return answer as Exclude<T, false | null | undefined>;
      } catch (error) {
        failure = error;
      }
      if (performance.now() > Math.max(began, this.#renewedAt) + INSIST_MS)
        throw new Error(`nobody got ${what} within ${INSIST_MS} ms`, { cause: failure });
      await pause(everyMs);
    }
  }
}
