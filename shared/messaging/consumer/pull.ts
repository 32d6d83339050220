import { setTimeout as delay } from 'node:timers/promises';
import { createInbox, type Msg, nanos, type Subscription } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import type { Connection } from '../connection.ts';
import { Delivery } from './delivery.ts';

/**
 * Pulls from a durable consumer, one pull request at a time.
 *
 *     idle ──capacity for n──▶ requested n ──n messages, or expired──▶ idle
 *                                  └──refused, silent, or disconnected──▶ set up anew ──▶ idle
 *
 * A pull request is a message to `$JS.API.CONSUMER.MSG.NEXT.…` whose reply subject gets the messages, a heartbeat (100)
 * while there are none, and a status when it ends early: 408 expired, 409 consumer deleted or server shutting down, 503
 * nobody there.
 * The library's `consume()` was tried first: after a failure it waits for a whole `expires` before it pulls again, it
 * never creates a consumer anew whose storage was lost, and closing it drops the messages that are on their way, which
 * are then delivered again only after 30 s.
 */
export interface PullOptions {
  stream: StreamName;
  durable: string;
  /** Resolves with how many more messages may come, at least 1; with 0 to end the pulling. */
  capacity(): Promise<number>;
  receive(delivery: Delivery): void;
  /** Resolves when stream and consumer exist. */
  setUp(): Promise<void>;
}

const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 2_000;
/** After three missed heartbeats the request, or the server's record of it, counts as lost. */
const SILENT_MS = 3 * HEARTBEAT_MS;
const REPAIR_PAUSE = { firstMs: 250, maxMs: 5_000 };

type End = 'done' | 'interrupted';

export class Pull {
  readonly #connection: Connection;
  readonly #options: PullOptions;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  /** The latest pull request; its number ends its reply subject. */
  #request = { number: 0, remaining: 0, activeAt: 0, end: (_: End): void => {} };
  readonly #stopping = new AbortController();
  /** In a row. */
  #interruptions = 0;
  #failure: string | undefined;

  constructor(connection: Connection, options: PullOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#inbox = createInbox(connection.inboxPrefix);
    this.#subscription = connection.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => this.#receive(error, message),
    });
    void this.#run();
  }

  /** Why nothing can be pulled at present; undefined if pulling works. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Sends no further pull request; resolves when all messages that were on their way have been received. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#request.end('done');
    if (!this.#subscription.isClosed()) await this.#subscription.drain().catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      const capacity = await this.#options.capacity();
      if (capacity === 0 || this.#ended) return;
      if ((await this.#pull(capacity)) === 'interrupted') await this.#repair();
    }
  }

  async #pull(batch: number): Promise<End> {
    if (!this.#connection.connected) return 'interrupted';
    const { promise, resolve } = Promise.withResolvers<End>();
    this.#request = {
      number: this.#request.number + 1,
      remaining: batch,
      activeAt: performance.now(),
      end: resolve,
    };
    const watch = setInterval(() => {
      if (performance.now() - this.#request.activeAt > SILENT_MS) resolve('interrupted');
    }, HEARTBEAT_MS);
    const unwatch = this.#connection.onStatus((status) => status === 'connected' || resolve('interrupted'));
    const { stream, durable } = this.#options;
    const body = JSON.stringify({ batch, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) });
    const reply = `${this.#inbox}.${this.#request.number}`;
    this.#connection.outgoing.add(() => {
      if (this.#connection.connected)
        this.#connection.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, body, { reply });
    });
    try {
      return await promise;
    } finally {
      clearInterval(watch);
      unwatch();
    }
  }

  #receive(error: Error | null, message: Msg): void {
    const request = this.#request;
    if (error) {
      // The server refused the subscription, and the library has closed it.
      this.#failure = error.message;
      return request.end('interrupted');
    }
    // A stored message keeps its own subject; only a status comes on the inbox.
    if (!message.subject.startsWith(this.#inbox)) {
      request.activeAt = performance.now();
      this.#interruptions = 0;
      this.#options.receive(new Delivery(this.#connection, message));
      if (--request.remaining <= 0) request.end('done');
      return;
    }
    // The status of an earlier request says nothing about this one.
    if (message.subject !== `${this.#inbox}.${request.number}`) return;
    request.activeAt = performance.now();
    const code = message.headers?.code;
    if (code === 100 || code === 404 || code === 408) {
      this.#interruptions = 0;
      if (code !== 100) request.end('done');
      return;
    }
    this.#connection.logger.info({ ...this.#names, status: message.headers?.status }, 'pulling was interrupted');
    request.end('interrupted');
  }

  async #repair(): Promise<void> {
    const connection = this.#connection;
    // Without a pause after a lost connection. Otherwise with one: a consumer is also deleted as a part of its stream,
    // and adding it fails while the server still removes the folder; and repeated interruptions must not become a busy
    // loop.
    const pause = backoff(++this.#interruptions, REPAIR_PAUSE);
    if (connection.connected) await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => {});
    await connection.connectedOrClosed();
    if (this.#ended) return;
    try {
      await this.#options.setUp();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = String(error);
      connection.logger.error({ err: error, ...this.#names }, 'the consumer could not be set up; it is tried again');
    }
  }

  get #ended(): boolean {
    return this.#stopping.signal.aborted || this.#connection.status === 'closed' || this.#subscription.isClosed();
  }

  get #names() {
    return { stream: this.#options.stream, durable: this.#options.durable };
  }
}
