/**
 * Services read the time and wait only through a clock, so that a test can move fourteen days forward in a second. In
 * production that is the database's clock (`persistence/database-clock.ts`), because the clocks of two hosts differ; a
 * virtual clock overrules it.
 */
export interface Clock {
  /** See `dueBy`. */
  readonly kind: 'system' | 'virtual';
  now(): Date;
  /** Resolves when the time has passed, or as soon as the signal is aborted. Never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** For statements with `coalesce($n::timestamptz, clock_timestamp())`: null lets the database's clock decide. */
export const dueBy = (clock: Clock): Date | null => (clock.kind === 'virtual' ? clock.now() : null);

/** The longest time of `setTimeout`, which fires at once for a longer one. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  kind: 'system',
  now: () => new Date(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(Math.max(milliseconds, 0), MAX_TIMEOUT_MS));
      signal?.addEventListener('abort', wake, { once: true });
    }),
};

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. Moving it ends the sleeps that end by the new time. */
export class VirtualClock implements Clock {
  readonly kind = 'virtual';
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: Date) {
    this.#now = start.getTime();
  }

  /** A fresh Date each time: a caller that changes its copy does not move the clock. */
  now(): Date {
    return new Date(this.#now);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (milliseconds <= 0 || signal?.aborted) return resolve();
      const sleeper: Sleeper = {
        until: this.#now + milliseconds,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  advance(milliseconds: number): void {
    this.set(new Date(this.#now + milliseconds));
  }

  set(date: Date): void {
    this.#now = date.getTime();
    for (const sleeper of this.#sleepers) if (sleeper.until <= this.#now) sleeper.wake();
  }
}
