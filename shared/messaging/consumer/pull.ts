import { setTimeout as delay } from 'node:timers/promises';
import { createInbox, type Msg, nanos, type Subscription } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { Delivery } from './delivery.ts';
import type { Connection } from '../connection.ts';

/**
 * Pulls from a durable consumer, one pull request at a time.
 *
 *     idle ──room for n──▶ asked for n ──n messages, or expired──▶ idle
 *                             └──refused, silent, or disconnected──▶ set up anew ──▶ idle
 *
 * A pull request is a message to `$JS.API.CONSUMER.MSG.NEXT.…` whose reply subject gets the messages, a heartbeat (100) while there
 * are none, and a status when it ends early: 408 expired, 409 consumer deleted or server shutting down, 503 nobody there.
 * The library's `consume()` was tried first: after a failure it waits for a whole `expires` before it asks again, it never
 * creates a consumer anew whose storage was lost, and closing it drops what is on the way, which then waits out its 30 s.
 */
export interface PullOptions {
  stream: StreamName;
  durable: string;
  /** Resolves with how many more messages may come, at least 1; or with 0 when there is no more to do. */
  room(): Promise<number>;
  receive(delivery: Delivery): void;
  /** Makes sure that stream and consumer exist; resolves when they do. */
  setUp(): Promise<void>;
}

const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 2_000;
/** Three missed heartbeats: the request is lost, or the server lost what it knew. */
const SILENT_MS = 3 * HEARTBEAT_MS;

type End = 'done' | 'broken';

export class Pull {
  readonly #link: Connection;
  readonly #options: PullOptions;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  #asked = { number: 0, left: 0, heard: 0, end: (_: End): void => {} };
  readonly #stopping = new AbortController();
  #breaks = 0;
  #failure: string | undefined;

  constructor(link: Connection, options: PullOptions) {
    this.#link = link;
    this.#options = options;
    this.#inbox = createInbox(link.inboxPrefix);
    this.#subscription = link.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => this.#heard(error, message),
    });
    void this.#run();
  }

  /** Why nothing can be pulled at present, if so. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Nothing more is asked for; resolves when all that was on the way has been received. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#asked.end('done');
    if (!this.#subscription.isClosed()) await this.#subscription.drain().catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      const room = await this.#options.room();
      if (room === 0 || this.#over) return;
      if ((await this.#ask(room)) === 'broken') await this.#repair();
    }
  }

  async #ask(batch: number): Promise<End> {
    if (!this.#link.connected) return 'broken';
    const { promise, resolve } = Promise.withResolvers<End>();
    this.#asked = { number: this.#asked.number + 1, left: batch, heard: performance.now(), end: resolve };
    const watch = setInterval(() => {
      if (performance.now() - this.#asked.heard > SILENT_MS) resolve('broken');
    }, HEARTBEAT_MS);
    const unwatch = this.#link.onStatus((status) => status === 'connected' || resolve('broken'));
    const { stream, durable } = this.#options;
    const body = JSON.stringify({ batch, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) });
    this.#link.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, body, {
      reply: `${this.#inbox}.${this.#asked.number}`,
    });
    try {
      return await promise;
    } finally {
      clearInterval(watch);
      unwatch();
    }
  }

  #heard(error: Error | null, message: Msg): void {
    if (error) {
      // The server refused the subscription, and the library has closed it.
      this.#failure = error.message;
      return this.#asked.end('broken');
    }
    const asked = this.#asked;
    if (!message.subject.startsWith(this.#inbox)) {
      asked.heard = performance.now();
      this.#breaks = 0;
      this.#options.receive(new Delivery(this.#link, message));
      if (--asked.left <= 0) asked.end('done');
      return;
    }
    // The status of an earlier request says nothing about this one.
    if (message.subject !== `${this.#inbox}.${asked.number}`) return;
    asked.heard = performance.now();
    const code = message.headers?.code;
    if (code === 100 || code === 404 || code === 408) {
      this.#breaks = 0;
      if (code !== 100) asked.end('done');
      return;
    }
    this.#link.logger.info({ ...this.#name, status: message.headers?.status }, 'pulling was interrupted');
    asked.end('broken');
  }

  async #repair(): Promise<void> {
    // After a lost connection at once. Otherwise with a pause: a consumer is also deleted as a part of its stream, and adding it while the
    // server still removes the folder makes that fail; and one break after the other must not become a busy loop.
    const pause = Math.min(250 * 2 ** this.#breaks++, 5_000);
    if (this.#link.connected) await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => {});
    await this.#link.settled();
    if (this.#over) return;
    try {
      await this.#options.setUp();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = String(error);
      this.#link.logger.error({ err: error, ...this.#name }, 'cannot pull');
    }
  }

  get #over(): boolean {
    return this.#stopping.signal.aborted || this.#link.status === 'closed' || this.#subscription.isClosed();
  }

  get #name() {
    return { stream: this.#options.stream, durable: this.#options.durable };
  }
}
