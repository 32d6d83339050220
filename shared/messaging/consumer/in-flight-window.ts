import type { Delivery } from './delivery.ts';

/**
 * The deliveries a consumer has in hand: received, and neither acknowledged nor given back. Room for more starts at 1 and doubles with
 * each success up to `most`, so that a message which kills the process takes few others with it.
 */
export class InFlightWindow {
  readonly #most: number;
  readonly #held = new Set<Delivery>();
  readonly #waiting: Delivery[] = [];
  readonly #heartbeat: NodeJS.Timeout;
  readonly #stopping: AbortSignal;
  #window = 1;
  #changed = Promise.withResolvers<void>();

  constructor(most: number, ackWaitMs: number, stopping: AbortSignal) {
    this.#most = most;
    this.#stopping = stopping;
    this.#heartbeat = setInterval(() => this.#held.forEach((delivery) => delivery.working()), ackWaitMs / 3).unref();
    stopping.addEventListener('abort', () => this.#notify(), { once: true });
  }

  receive(delivery: Delivery): void {
    this.#held.add(delivery);
    this.#waiting.push(delivery);
    this.#notify();
  }

  /** It is settled, or about to be. */
  release(delivery: Delivery): void {
    this.#held.delete(delivery);
    this.#notify();
  }

  grow(): void {
    this.#window = Math.min(this.#window * 2, this.#most);
  }

  /** Resolves with how many more may come, or with 0 when stopping. */
  async capacity(): Promise<number> {
    while (!this.#stopping.aborted) {
      const room = this.#window - this.#held.size;
      if (room > 0) return room;
      await this.#changed.promise;
    }
    return 0;
  }

  /** Resolves with what waits to be handled, at most `most` and at least one; or with none when stopping. */
  async next(most: number): Promise<Delivery[]> {
    while (!this.#stopping.aborted) {
      if (this.#waiting.length > 0) return this.#waiting.splice(0, most);
      await this.#changed.promise;
    }
    return [];
  }

  /** For another process, at once. */
  giveBack(): void {
    clearInterval(this.#heartbeat);
    for (const delivery of this.#held) delivery.nak();
    this.#held.clear();
    this.#waiting.length = 0;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
