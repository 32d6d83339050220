import { type Msg, type MsgHdrs, nanos } from 'nats';
import type { Connection } from '../connection.ts';

/**
 * One delivery of a stored message, and the acknowledgements that the server understands. The reply subject (ADR-15)
 * carries the counters: `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.…`, in newer servers with
 * `<domain>.<account>` before the stream.
 */
export class Delivery {
  readonly #connection: Connection;
  readonly #message: Msg;
  /** How often the message has been delivered, this time included. */
  readonly attempts: number;
  /** The message's number in its stream. */
  readonly sequence: number;

  constructor(connection: Connection, message: Msg) {
    this.#connection = connection;
    this.#message = message;
    const tokens = (message.reply ?? '').split('.');
    const at = tokens.length > 9 ? 6 : 4;
    this.attempts = Number(tokens[at]);
    this.sequence = Number(tokens[at + 1]);
  }

  get subject(): string {
    return this.#message.subject;
  }

  get headers(): MsgHdrs | undefined {
    return this.#message.headers;
  }

  get body(): Uint8Array {
    return this.#message.data;
  }

  text(): string {
    return this.#message.string();
  }

  /**
   * Not confirmed by the server, which would cost a message more for each: if the acknowledgement is lost, the message is
   * delivered again, and its handler finds it handled.
   */
  ack(): void {
    this.#respond('+ACK');
  }

  /** Lets the server deliver the message again, to any process, after `delayMs`. */
  nak(delayMs = 0): void {
    this.#respond(delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}` : '-NAK');
  }

  /** Work goes on: the time to acknowledge starts again. */
  working(): void {
    this.#respond('+WPI');
  }

  /** The message is never delivered again. Sent without a reason: servers before 2.10 would deliver again. */
  term(): void {
    this.#respond('+TERM');
  }

  #respond(acknowledgement: string): void {
    // A lost acknowledgement only delays the next delivery until the time to acknowledge is over.
    this.#connection.outgoing.add(() => {
      if (this.#connection.connected) this.#message.respond(acknowledgement);
    });
  }
}
