import { type Clock, systemClock } from './clock.ts';

/** Without a reason of its own, `abort` makes an exception with a stack: 1 % of a service's processor time under load. */
const WOKEN = 'woken';

/**
 * A sleep that another function can cut short. A wake-up that comes between two sleeps is kept for the next sleep:
 * otherwise a wake-up between looking for work and falling asleep would be lost.
 */
export class WakeableTimer {
  readonly #clock: Clock;
  #wakeRequested = false;
  #sleep: AbortController | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#wakeRequested = true;
    this.#sleep?.abort(WOKEN);
  }

  /**
   * Forgets earlier wake-ups. Call it right before looking for work, so that each later wake-up causes another look.
   */
  clear(): void {
    this.#wakeRequested = false;
  }

  get wakeRequested(): boolean {
    return this.#wakeRequested;
  }

  async sleep(milliseconds: number): Promise<void> {
    if (this.#wakeRequested) return;
    this.#sleep = new AbortController();
    await this.#clock.sleep(milliseconds, this.#sleep.signal);
    this.#sleep = undefined;
  }
}
