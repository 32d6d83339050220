import { DebugEvents, Events, type NatsConnection, type Status } from 'nats';
import type { Logger } from '@missions/runtime/logger.ts';
import { RequestMux } from './request-mux.ts';
import { unavailable } from './errors.ts';

export type ConnectionStatus = 'connected' | 'disconnected' | 'closed';

/**
 * The connection and what is known of it.
 *
 *     connected ⇄ disconnected        the client re-connects for ever
 *         └──────┴──▶ closed          by us, or given up by the client: this process can do nothing more
 *
 * The client library lets a request that was in flight when the connection broke wait for its timeout, and buffers what is sent
 * meanwhile (it may then arrive long after its caller gave up, or never). Here such calls fail at once instead.
 */
export class Connection {
  readonly nc: NatsConnection;
  readonly logger: Logger;
  /** The only subjects this user may receive answers on. */
  readonly inboxPrefix: string;
  readonly requests: RequestMux;
  #status: ConnectionStatus = 'connected';
  readonly #listeners = new Set<(status: ConnectionStatus) => void>();
  readonly #inFlight = new Set<(reason: Error) => void>();

  constructor(nc: NatsConnection, logger: Logger, inboxPrefix: string) {
    this.nc = nc;
    this.inboxPrefix = inboxPrefix;
    this.logger = logger;
    this.requests = new RequestMux(this);
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

  /** Answers the function that unsubscribes. */
  onStatus(fn: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }

  /** @throws Problem UNAVAILABLE when disconnected, or as soon as the connection is lost while the call is under way. */
  async whileConnected<T>(call: () => Promise<T>): Promise<T> {
    if (!this.connected) throw unavailable('The message bus cannot be reached.');
    const lost = Promise.withResolvers<never>();
    this.#inFlight.add(lost.reject);
    try {
      return await Promise.race([call(), lost.promise]);
    } finally {
      this.#inFlight.delete(lost.reject);
    }
  }

  /** Resolves once connected, or closed. */
  async settled(): Promise<void> {
    if (this.#status !== 'disconnected') return;
    await new Promise<void>((resolve) => {
      const stop = this.onStatus((status) => {
        if (status === 'disconnected') return;
        stop();
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
        return this.#change('connected');
      case Events.Error:
        this.logger.error({ code: event.data, ...event.permissionContext }, 'NATS reported an error');
        if (event.permissionContext?.operation === 'publish')
          this.requests.publishDenied(event.permissionContext.subject, event);
        return;
      case Events.LDM:
        return this.logger.warn('the NATS server is about to leave');
      case DebugEvents.StaleConnection:
        return this.logger.warn('the NATS server no longer answers');
      default:
    }
  }

  #change(status: ConnectionStatus): void {
    if (this.#status === status || this.#status === 'closed') return;
    this.#status = status;
    if (status !== 'connected') {
      const reason = unavailable(
        'The connection to the message bus was lost; whether the call was carried out is unknown.',
      );
      for (const reject of this.#inFlight) reject(reason);
      this.requests.connectionLost(reason);
    }
    for (const fn of this.#listeners) fn(status);
  }
}
