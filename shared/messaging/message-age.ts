import { performance } from 'node:perf_hooks';
import type { NatsConnection } from 'nats';

const ASK_EVERY_MS = 1_000;
/** Twice the interval: an answered ping is that old at most while nothing stalls. */
const PROMPT_MS = 2 * ASK_EVERY_MS;

/**
 * How old a message is at most when it is read.
 *
 * A process that stood still, or whose way to the server did, reads messages late, and nothing in them says so: two
 * hosts' clocks may differ by minutes (specification section 7). But the server's answer to a ping comes after all that
 * it had sent before. So whatever is read now was sent after the last ping that has been answered.
 */
export class MessageAge {
  readonly #nc: NatsConnection;
  /** When the last answered ping was sent. */
  #askedAt = performance.now();
  #asking = false;
  readonly #timer: NodeJS.Timeout;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
    this.#timer = setInterval(() => void this.#ask(), ASK_EVERY_MS).unref();
    void nc.closed().then(() => clearInterval(this.#timer));
  }

  /** In ms; 0 while the server answers in good time. */
  atMost(): number {
    const age = performance.now() - this.#askedAt;
    return age < PROMPT_MS ? 0 : age;
  }

  /** What was sent before has not survived the connection. */
  reconnected(): void {
    this.#askedAt = performance.now();
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      // An answer that came late is followed by another question at once: what is read after its answer is fresh.
      do {
        const askedAt = performance.now();
        await this.#nc.flush();
        this.#askedAt = askedAt;
      } while (this.atMost() > 0);
    } catch {
      // The connection is lost or closed.
    } finally {
      this.#asking = false;
    }
  }
}
