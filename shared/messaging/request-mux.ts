import { type Msg, type MsgHdrs, nuid } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import { natsProblem, unavailable } from './errors.ts';
import type { Connection } from './connection.ts';

interface Asked {
  readonly subject: string;
  readonly service: string | undefined;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (answer: Msg) => void;
  readonly reject: (why: Problem) => void;
}

/**
 * Questions and their answers over one subscription. The client library's own `request` makes an error with a stack, two races and a timer of its
 * own for each question, the answered ones too (the error alone: 2.5 % of the gateway's time), and writes each to the socket by itself.
 *
 * What is asked within one turn of the event loop leaves in one write: under load a write, and the read of it at the other end, is most of what a
 * message costs. A lone question does not wait for it, as nothing else happens in its turn.
 */
export class RequestMux {
  readonly #link: Connection;
  readonly #inbox: string;
  readonly #asked = new Map<string, Asked>();
  #outgoing: (() => void)[] = [];
  #listening = false;
  #count = 0;

  constructor(link: Connection) {
    this.#link = link;
    this.#inbox = `${link.inboxPrefix}.${nuid.next()}.`;
  }

  /**
   * @param headers their values must be free of line breaks.
   * @param service whom it is for: its callers know services, and no subjects.
   * @throws Problem UNAVAILABLE when disconnected, when the connection is lost meanwhile, or when nobody listens; TIMEOUT; PAYLOAD_TOO_LARGE;
   * INTERNAL when it may not be published.
   */
  request(
    subject: string,
    body: string | Uint8Array,
    { headers, timeoutMs, service }: { headers?: MsgHdrs; timeoutMs: number; service?: string },
  ): Promise<Msg> {
    if (!this.#link.connected) return Promise.reject(unavailable('The message bus cannot be reached.'));
    this.#listen();
    const token = (++this.#count).toString(36);
    const { promise, resolve, reject } = Promise.withResolvers<Msg>();
    const timer = setTimeout(() => this.#fail(token, new Problem('TIMEOUT', late({ subject, service }))), timeoutMs);
    this.#asked.set(token, { subject, service, timer, resolve, reject });
    if (this.#outgoing.length === 0) setImmediate(() => this.flush());
    this.#outgoing.push(() => {
      if (!this.#asked.has(token)) return;
      try {
        this.#link.nc.publish(subject, body, { reply: this.#inbox + token, ...(headers && { headers }) });
      } catch (error) {
        this.#fail(token, natsProblem(error, subject));
      }
    });
    return promise;
  }

  /** Hands to the client library what was asked in this turn so far. */
  flush(): void {
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    for (const publish of outgoing) publish();
  }

  /** The connection is lost, and with it what was asked over it; it may have arrived. */
  connectionLost(why: Problem): void {
    for (const token of [...this.#asked.keys()]) this.#fail(token, why);
  }

  /** The server says which subject it did not let through, not which message. */
  publishDenied(subject: string, error: unknown): void {
    for (const [token, asked] of [...this.#asked])
      if (asked.subject === subject) this.#fail(token, natsProblem(error, subject));
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#link.nc.subscribe(`${this.#inbox}*`, {
      callback: (error, answer) => {
        if (!error) return this.#hear(answer);
        // It is gone, and is made anew with the next question.
        this.#listening = false;
        this.#link.logger.error({ err: error }, 'cannot listen for answers');
        this.connectionLost(natsProblem(error, this.#inbox));
      },
    });
  }

  #hear(answer: Msg): void {
    const token = answer.subject.slice(this.#inbox.length);
    const asked = this.#asked.get(token);
    // Late: its time was over.
    if (!asked) return;
    if (answer.data.length === 0 && answer.headers?.code === NO_RESPONDERS)
      return this.#fail(token, unavailable(away(asked)));
    this.#asked.delete(token);
    clearTimeout(asked.timer);
    asked.resolve(answer);
  }

  #fail(token: string, why: Problem): void {
    const asked = this.#asked.get(token);
    if (!asked) return;
    this.#asked.delete(token);
    clearTimeout(asked.timer);
    asked.reject(why);
  }
}

type Whom = Pick<Asked, 'subject' | 'service'>;

const away = ({ subject, service }: Whom): string =>
  service === undefined
    ? `Nobody answers on ${subject}.`
    : `The ${service} service does not answer; try again in a moment.`;
const late = ({ subject, service }: Whom): string =>
  service === undefined
    ? `No answer on ${subject} in time.`
    : `The ${service} service has not answered in time; whether the call was carried out is unknown.`;

const NO_RESPONDERS = 503;
