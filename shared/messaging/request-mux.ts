import { type Msg, type MsgHdrs, type NatsConnection, nuid } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { natsProblem, unavailable } from './errors.ts';
import type { Outgoing } from './outgoing.ts';

/** The part of a `Connection` that requests need. */
export interface MuxConnection {
  readonly nc: NatsConnection;
  readonly logger: Logger;
  readonly inboxPrefix: string;
  readonly connected: boolean;
  readonly outgoing: Outgoing;
}

interface PendingRequest {
  readonly subject: string;
  readonly service: string | undefined;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (reply: Msg) => void;
  readonly reject: (reason: Problem) => void;
}

const NO_RESPONDERS = 503;

/**
 * Requests and their replies over one subscription. The client library's own `request` makes an error with a stack, two
 * races and a timer for each request, answered ones too (the error alone: 2.5 % of the gateway's time).
 */
export class RequestMux {
  readonly #connection: MuxConnection;
  readonly #inbox: string;
  readonly #pending = new Map<string, PendingRequest>();
  #subscribed = false;
  #count = 0;

  constructor(connection: MuxConnection) {
    this.#connection = connection;
    this.#inbox = `${connection.inboxPrefix}.${nuid.next()}.`;
  }

  /**
   * @param headers whose values must be free of line breaks.
   * @param service the addressee; error texts name it instead of the subject, which callers of the REST API do not
   * know.
   * @throws Problem UNAVAILABLE when disconnected, when the connection is lost meanwhile, or when no service listens;
   * TIMEOUT; PAYLOAD_TOO_LARGE; INTERNAL when the server's permissions forbid the subject.
   */
  request(
    subject: string,
    body: string | Uint8Array,
    { headers, timeoutMs, service }: { headers?: MsgHdrs; timeoutMs: number; service?: string },
  ): Promise<Msg> {
    if (!this.#connection.connected) return Promise.reject(unavailable('The message bus cannot be reached.'));
    this.#subscribe();
    const token = (++this.#count).toString(36);
    const { promise, resolve, reject } = Promise.withResolvers<Msg>();
    const timer = setTimeout(() => this.#fail(token, timedOut({ subject, service })), timeoutMs);
    this.#pending.set(token, { subject, service, timer, resolve, reject });
    this.#connection.outgoing.add(() => {
      if (!this.#pending.has(token)) return;
      try {
        this.#connection.nc.publish(subject, body, { reply: this.#inbox + token, ...(headers && { headers }) });
      } catch (error) {
        this.#fail(token, natsProblem(error, subject));
      }
    });
    return promise;
  }

  /** Fails all pending requests; the services may have received them. */
  connectionLost(reason: Problem): void {
    for (const token of [...this.#pending.keys()]) this.#fail(token, reason);
  }

  /** Fails the pending requests of a subject: the server names the subject that it refused, not the message. */
  publishDenied(subject: string, error: unknown): void {
    for (const [token, pending] of [...this.#pending])
      if (pending.subject === subject) this.#fail(token, natsProblem(error, subject));
  }

  #subscribe(): void {
    if (this.#subscribed) return;
    this.#subscribed = true;
    this.#connection.nc.subscribe(`${this.#inbox}*`, {
      callback: (error, reply) => {
        if (!error) return this.#receive(reply);
        // The library has closed the subscription; the next request makes a new one.
        this.#subscribed = false;
        this.#connection.logger.error({ err: error }, 'replies to requests cannot be received');
        this.connectionLost(natsProblem(error, this.#inbox));
      },
    });
  }

  #receive(reply: Msg): void {
    const token = reply.subject.slice(this.#inbox.length);
    const pending = this.#pending.get(token);
    // A late reply: its request has timed out.
    if (!pending) return;
    if (reply.data.length === 0 && reply.headers?.code === NO_RESPONDERS)
      return this.#fail(token, unavailable(nobodyListens(pending)));
    this.#pending.delete(token);
    clearTimeout(pending.timer);
    pending.resolve(reply);
  }

  #fail(token: string, reason: Problem): void {
    const pending = this.#pending.get(token);
    if (!pending) return;
    this.#pending.delete(token);
    clearTimeout(pending.timer);
    pending.reject(reason);
  }
}

type Addressee = Pick<PendingRequest, 'subject' | 'service'>;

const nobodyListens = ({ subject, service }: Addressee): string =>
  service === undefined
    ? `Nobody answers on ${subject}.`
    : `The ${service} service does not answer; try again in a moment.`;

const timedOut = ({ subject, service }: Addressee): Problem =>
  new Problem(
    'TIMEOUT',
    service === undefined
      ? `No answer on ${subject} in time.`
      : `The ${service} service has not answered in time; whether the call was carried out is unknown.`,
  );
