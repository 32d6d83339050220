import { DebugEvents, Events, type NatsConnection, type Status } from 'nats';
import type { Logger } from '@missions/runtime/logger.ts';
import { gauge } from '@missions/runtime/metrics.ts';
import type { CallerKeys } from './caller-proof.ts';
import { unavailable } from './errors.ts';
import { MessageAge } from './message-age.ts';
import { Outgoing } from './outgoing.ts';
import { RequestMux } from './request-mux.ts';

const isConnected = gauge('missions_nats_connected', 'Whether this process is connected to NATS (1) or not (0)');

/** Those of this process that are not closed: an operators' call has one of its own, which ends with the call. */
const connections = new Set<Connection>();
const measure = (): void =>
  isConnected.set(connections.size > 0 && [...connections].every((one) => one.connected) ? 1 : 0);

export type ConnectionStatus = 'connected' | 'disconnected' | 'closed';

/**
 * The one connection of a process to NATS, and its state.
 *
 *     connected ⇄ disconnected        the client reconnects for ever
 *         └──────┴──▶ closed          by this process, or given up by the client: the process cannot use it any more
 *
 * The client library lets a request that was in flight when the connection broke wait for its timeout, and buffers
 * messages while disconnected (they may arrive long after their caller gave up, or never). Here such calls fail at
 * once.
 */
export class Connection {
  readonly nc: NatsConnection;
  readonly logger: Logger;
  /** Prefix of the only subjects on which this user may receive replies. */
  readonly inboxPrefix: string;
  /** Proves who calls in requests that are sent, and verifies it in those received. */
  readonly callerKeys: CallerKeys;
  readonly outgoing: Outgoing;
  readonly requests: RequestMux;
  readonly messageAge: MessageAge;
  /** What this process waits for because nobody has made it yet, as sentences. */
  readonly missing = new Map<string, string>();
  #status: ConnectionStatus = 'connected';
  #losses = 0;
  readonly #listeners = new Set<(status: ConnectionStatus) => void>();
  readonly #calls = new Set<(reason: Error) => void>();

  constructor(nc: NatsConnection, logger: Logger, inboxPrefix: string, callerKeys: CallerKeys = {}) {
    this.nc = nc;
    this.inboxPrefix = inboxPrefix;
    this.logger = logger;
    this.callerKeys = callerKeys;
    this.outgoing = new Outgoing(logger);
    this.requests = new RequestMux(this);
    this.messageAge = new MessageAge(nc);
    connections.add(this);
    measure();
    void this.#watch();
    void nc.closed().then((error) => {
      this.#change('closed');
      if (error) logger.error({ err: error }, 'the connection to NATS is closed');
    });
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  get connected(): boolean {
    return this.#status === 'connected';
  }

  /** How often this connection has been lost. */
  get losses(): number {
    return this.#losses;
  }

  /** @returns the function that unsubscribes. */
  onStatus(fn: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }

  /** @throws Problem UNAVAILABLE when disconnected, and as soon as the connection is lost during the call. */
  async whileConnected<T>(call: () => Promise<T>): Promise<T> {
    if (!this.connected) throw unavailable('The message bus cannot be reached.');
    const lost = Promise.withResolvers<never>();
    this.#calls.add(lost.reject);
    try {
      return await Promise.race([call(), lost.promise]);
    } finally {
      this.#calls.delete(lost.reject);
    }
  }

  /**
   * Resolves when the server has received everything sent so far, subscriptions included.
   * @throws Problem as `whileConnected`
   */
  async flush(): Promise<void> {
    this.outgoing.flush();
    await this.whileConnected(() => this.nc.flush());
  }

  /** Resolves at once unless the client is reconnecting; then when it has succeeded or given up. */
  async connectedOrClosed(): Promise<void> {
    if (this.#status !== 'disconnected') return;
    await new Promise<void>((resolve) => {
      const unsubscribe = this.onStatus((status) => {
        if (status === 'disconnected') return;
        unsubscribe();
        resolve();
      });
    });
  }

  async #watch(): Promise<void> {
    for await (const event of this.nc.status()) this.#on(event);
  }

  #on(event: Status): void {
    switch (event.type) {
      case Events.Disconnect:
        this.logger.warn({ server: event.data }, 'lost the connection to NATS');
        return this.#change('disconnected');
      case Events.Reconnect:
        this.logger.info({ server: event.data }, 'connected to NATS again');
        this.messageAge.reconnected();
        return this.#change('connected');
      case Events.Error:
        this.logger.error({ code: event.data, ...event.permissionContext }, 'NATS reported an error');
        if (event.permissionContext?.operation === 'publish')
          this.requests.publishDenied(event.permissionContext.subject, event);
        return;
      case Events.LDM:
        return this.logger.warn('the NATS server is about to shut down');
      case DebugEvents.StaleConnection:
        return this.logger.warn('the NATS server no longer answers pings');
      default:
    }
  }

  #change(status: ConnectionStatus): void {
    if (this.#status === status || this.#status === 'closed') return;
    this.#status = status;
    if (status === 'closed') connections.delete(this);
    measure();
    if (status !== 'connected') {
      this.#losses++;
      const reason = unavailable(
        'The connection to the message bus was lost; whether the call was carried out is unknown.',
      );
      for (const reject of this.#calls) reject(reason);
      this.requests.connectionLost(reason);
    }
    for (const fn of this.#listeners) fn(status);
  }
}
