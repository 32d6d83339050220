import { type Msg, type MsgHdrs, nanos } from 'nats';
import type { Connection } from '../connection.ts';

const ACK_TIMEOUT_MS = 5_000;

/**
 * One delivery of a stored message, and what can be said of it to the server. The reply subject tells which (ADR-15):
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.…`, in newer servers with `<domain>.<account>` before the stream.
 */
export class Delivery {
  readonly #link: Connection;
  readonly #message: Msg;
  /** How often it has been delivered, this time included. */
  readonly attempts: number;
  readonly sequence: number;

  constructor(link: Connection, message: Msg) {
    this.#link = link;
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

  /** Resolves once the server has taken note; before that the message may come again. */
  async ack(): Promise<void> {
    await this.#link.requests.request(this.#message.reply ?? '', '+ACK', { timeoutMs: ACK_TIMEOUT_MS });
  }

  /** Deliver it again, to anybody, after `delayMs`. */
  nak(delayMs = 0): void {
    this.#say(delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}` : '-NAK');
  }

  /** Still at it: the time to acknowledge begins anew. */
  working(): void {
    this.#say('+WPI');
  }

  /** Never deliver it again. Without a reason: servers before 2.10 do not understand one, and deliver again. */
  term(): void {
    this.#say('+TERM');
  }

  #say(what: string): void {
    // What is not said is repeated by the server when the time to acknowledge is over.
    if (this.#link.connected) this.#message.respond(what);
  }
}
