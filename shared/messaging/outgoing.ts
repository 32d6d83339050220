import type { Logger } from '@missions/runtime/logger.ts';
import { messageOf } from './errors.ts';

/**
 * What a process sends over its connection. All messages of one turn of the event loop leave in one write: under load a
 * write, and the read of it at the other end, is most of the cost of a message, and the client library would write
 * after each callback. A lone message is not delayed, because nothing else happens in its turn.
 */
export class Outgoing {
  readonly #logger: Logger;
  #waiting: (() => void)[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param send gives one message, or several in a row, to the client library. What it throws is logged. */
  add(send: () => void): void {
    if (this.#waiting.length === 0) setImmediate(() => this.flush());
    this.#waiting.push(send);
  }

  /** Gives everything of this turn so far to the client library. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const send of waiting) {
      try {
        send();
      } catch (error) {
        this.#logger.error({ err: error }, `a message could not be sent: ${messageOf(error)}`);
      }
    }
  }
}
