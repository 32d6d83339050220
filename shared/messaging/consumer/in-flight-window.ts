import type { Delivery } from './delivery.ts';

/**
 * The messages of one consumer that are in flight: received, and neither acknowledged nor given back. The window starts
 * at one message and doubles with each success up to `maxSize`, so that a message which kills the process takes few
 * others with it.
 */
export class InFlightWindow {
  readonly #maxSize: number;
  readonly #inFlight = new Set<Delivery>();
  /** The part of `#inFlight` that no handler has been given yet. */
  readonly #unhandled: Delivery[] = [];
  readonly #heartbeat: NodeJS.Timeout;
  readonly #stopping: AbortSignal;
  #size = 1;
  #changed = Promise.withResolvers<void>();

  /** Tells the server three times within `ackWaitMs` that the messages in flight are still being worked on. */
  constructor(maxSize: number, ackWaitMs: number, stopping: AbortSignal) {
    this.#maxSize = maxSize;
    this.#stopping = stopping;
    const heartbeat = () => this.#inFlight.forEach((delivery) => delivery.working());
    this.#heartbeat = setInterval(heartbeat, ackWaitMs / 3).unref();
    stopping.addEventListener('abort', () => this.#notify(), { once: true });
  }

  receive(delivery: Delivery): void {
    this.#inFlight.add(delivery);
    this.#unhandled.push(delivery);
    this.#notify();
  }

  /** Call it before the message is acknowledged, given back or terminated. */
  release(delivery: Delivery): void {
    this.#inFlight.delete(delivery);
    this.#notify();
  }

  grow(): void {
    this.#size = Math.min(this.#size * 2, this.#maxSize);
  }

  /** Resolves with the number of further messages that fit, at least 1; with 0 when stopping. */
  async capacity(): Promise<number> {
    while (!this.#stopping.aborted) {
      const capacity = this.#size - this.#inFlight.size;
      if (capacity > 0) return capacity;
      await this.#changed.promise;
    }
    return 0;
  }

  /** Resolves with the next messages to handle, from 1 to `max`; with none when stopping. */
  async next(max: number): Promise<Delivery[]> {
    while (!this.#stopping.aborted) {
      if (this.#unhandled.length > 0) return this.#unhandled.splice(0, max);
      await this.#changed.promise;
    }
    return [];
  }

  /** Lets the server deliver all messages in flight to another process at once. */
  giveBack(): void {
    clearInterval(this.#heartbeat);
    for (const delivery of this.#inFlight) delivery.nak();
    this.#inFlight.clear();
    this.#unhandled.length = 0;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
