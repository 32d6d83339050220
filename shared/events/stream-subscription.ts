import { setTimeout as delay } from 'node:timers/promises';
import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  DeliverPolicy,
  type JetStreamManager,
  type JsMsg,
  type NatsConnection,
  NatsError,
  nanos,
  nuid,
} from 'nats';
import { parseEvent, UnparseableMessage } from '@missions/messaging/cloudevents.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Event } from './event-types.ts';

/** `first` is the oldest that is kept, `new` what comes from now on. */
export type Position = 'first' | 'new' | { time: Date | string } | { sequence: number };

export interface DeadLetter {
  stream: string;
  sequence: number;
  type: string;
  /** The body as it came. */
  body: string;
  attempts: number;
  error: unknown;
}

export interface Delivery {
  /** The event's number in its stream. */
  sequence: number;
  /** 1 at the first time. An event comes again when its handler failed, or a copy ended before it was done. */
  attempt: number;
}

export interface Settings {
  concurrency: number;
  silenceMs: number;
  maxAttempts: number;
  from: Position;
  durable: string | undefined;
  deadLetter: ((letter: DeadLetter) => Promise<void> | void) | undefined;
  onError: (error: unknown, event?: Event) => void;
  handle: (event: Event, delivery: Delivery) => Promise<void> | void;
}

const PAUSES_MS = [100, 500, 2_000, 10_000, 60_000, 300_000];
/** A pull is asked for anew so often; an event that comes meanwhile is delivered at once. */
const PULL_MS = 5_000;
const WITHOUT_DURABLE_MS = 60_000;

/** One stream of a subscription: a pull consumer of the mirror, which is made again when it has gone. */
export class StreamSubscription {
  readonly #nc: NatsConnection;
  readonly #stream: StreamName;
  readonly #types: readonly string[];
  readonly #settings: Settings;
  readonly #name: string;
  #stopping = false;
  #interrupt: () => void = () => {};
  /** Of the mirror, which may be made anew, and of the first event in it that is not handled yet. */
  #place: { created: string; next: number } | undefined;

  constructor(nc: NatsConnection, stream: StreamName, types: readonly string[], settings: Settings) {
    this.#nc = nc;
    this.#stream = stream;
    this.#types = types;
    this.#settings = settings;
    this.#name = settings.durable ?? nuid.next();
  }

  /** Makes the consumer, or brings what is wanted of it up to date: its position stays. */
  async setUp(from: Position = this.#settings.from): Promise<Consumer> {
    const manager = await this.#nc.jetstreamManager({ checkAPI: false });
    const { durable } = this.#settings;
    const config = {
      filter_subject: this.#types.length === 1 ? this.#types[0] : undefined,
      filter_subjects: this.#types.length > 1 ? [...this.#types] : undefined,
      ack_wait: nanos(this.#settings.silenceMs),
      max_ack_pending: this.#settings.concurrency,
    } as Partial<ConsumerConfig>;
    const existing = await manager.consumers.info(this.#stream, this.#name).catch(undefinedIfNotFound);
    if (existing) await manager.consumers.update(this.#stream, this.#name, config);
    else await this.#make(manager, { ...config, ...beginning(from), ...(durable ? { durable_name: durable } : {}) });
    const [{ created }, { delivered }] = await Promise.all([
      manager.streams.info(this.#stream),
      manager.consumers.info(this.#stream, this.#name),
    ]);
    this.#place = { created, next: delivered.stream_seq + 1 };
    return await this.#nc.jetstream().consumers.get(this.#stream, this.#name);
  }

  async #make(manager: JetStreamManager, config: Partial<ConsumerConfig>): Promise<void> {
    const made = {
      ...config,
      name: this.#name,
      ack_policy: AckPolicy.Explicit,
      max_deliver: -1,
      ...(config.durable_name === undefined && { inactive_threshold: nanos(WITHOUT_DURABLE_MS) }),
    };
    try {
      await manager.consumers.add(this.#stream, made);
    } catch (error) {
      // Another copy has made it at the same moment, from a position of its own.
      if (!(await manager.consumers.info(this.#stream, this.#name).catch(() => undefined))) throw error;
    }
  }

  /** Resolves after `stop`. */
  async run(): Promise<void> {
    let consumer: Consumer | undefined;
    const inHand = new Set<Promise<void>>();
    for (let failures = 0; !this.#stopping;) {
      try {
        consumer ??= await this.#again();
        const message = await this.#unlessStopped(consumer.next({ expires: PULL_MS }));
        failures = 0;
        if (this.#stopping || message === null) continue;
        const handled = this.#take(message).finally(() => inHand.delete(handled));
        inHand.add(handled);
        if (inHand.size >= this.#settings.concurrency) await Promise.race(inHand);
      } catch (error) {
        if (this.#stopping || this.#nc.isClosed()) break;
        consumer = undefined;
        if (failures++ > 0) this.#settings.onError(error);
        await this.#unlessStopped(delay(pauseAfter(failures), undefined, { ref: false }));
      }
    }
    await Promise.all(inHand);
  }

  stop(): void {
    this.#stopping = true;
    this.#interrupt();
  }

  /**
   * The consumer that there is, or a new one: if the mirror was made anew, from its beginning; otherwise after the last
   * event that was handled.
   */
  async #again(): Promise<Consumer> {
    if (this.#place === undefined) return await this.setUp();
    const manager = await this.#nc.jetstreamManager({ checkAPI: false });
    const { created } = await manager.streams.info(this.#stream);
    return await this.setUp(created === this.#place.created ? { sequence: this.#place.next } : 'first');
  }

  async #take(message: JsMsg): Promise<void> {
    const { onError, silenceMs, maxAttempts, handle } = this.#settings;
    const { seq: sequence } = message;
    const attempt = message.info.deliveryCount;
    const working = setInterval(() => message.working(), silenceMs / 3);
    let event: Event | undefined;
    try {
      event = parseEvent(message.subject, message.headers, message.string()) as unknown as Event;
      await handle(event, { sequence, attempt });
      if (this.#place) this.#place.next = Math.max(this.#place.next, sequence + 1);
      message.ack();
    } catch (error) {
      onError(error, event);
      if (error instanceof UnparseableMessage || attempt >= maxAttempts) await this.#bury(message, attempt, error);
      else message.nak(pauseAfter(attempt));
    } finally {
      clearInterval(working);
    }
  }

  async #bury(message: JsMsg, attempts: number, error: unknown): Promise<void> {
    const { seq: sequence, subject: type } = message;
    try {
      const letter = { stream: this.#stream, sequence, type, body: message.string(), attempts, error };
      await this.#settings.deadLetter?.(letter);
      message.term();
    } catch (failure) {
      this.#settings.onError(failure);
      message.nak(pauseAfter(attempts));
    }
  }

  /** `stop` ends the wait at once. A promise that lives as long as the subscription would collect each wait. */
  #unlessStopped<T>(wait: Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(null);
      wait.then(resolve, reject);
    });
  }
}

const pauseAfter = (failures: number): number => PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1] ?? 0;

function beginning(from: Position): Partial<ConsumerConfig> {
  if (from === 'first') return { deliver_policy: DeliverPolicy.All };
  if (from === 'new') return { deliver_policy: DeliverPolicy.New };
  if ('sequence' in from) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.sequence };
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(from.time).toISOString() };
}

const undefinedIfNotFound = (error: unknown): undefined => {
  if (error instanceof NatsError && error.api_error?.code === 404) return undefined;
  throw error;
};
