import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { parseEvent } from '../cloudevents.ts';
import type { Connection } from '../connection.ts';
import { messageOf } from '../errors.ts';
import { awaitConsumer } from '../streams.ts';
import { storeDeadLetter } from './dead-letters.ts';
import type { Delivery } from './delivery.ts';
import { InFlightWindow } from './in-flight-window.ts';
import { Pull } from './pull.ts';

/**
 * The life of a message:
 *
 *     received ──▶ handled ──▶ acknowledged
 *        │  ├──▶ failed ──▶ given back with a pause, and received again
 *        │  │        └──at the last delivery──▶ dead letter ──▶ terminated
 *        │  └──▶ a dependency of the handler is unavailable ──▶ kept in flight, and retried
 *        └──▶ not an event, or refused as invalid ──▶ dead letter ──▶ terminated
 *
 * All messages that wait, up to `maxBatch`, go to one `handleBatch`. A message that has failed before is handled by
 * itself, so that it does not fail the batch of others. The number of messages in flight starts at 1 and doubles with
 * each success: a message that kills the process takes few others with it, and their deliveries are not used up.
 */
export interface ConsumeOptions {
  stream: StreamName;
  /** The consuming service; its dead letters go to `deadletter.<service>`. */
  service: string;
  /**
   * Name of the durable consumer. Default, and all that the server's permissions allow: the service's name. One
   * consumer per service and stream is enough.
   */
  durable?: string;
  /** The subjects of the stream to be delivered. Default: all. */
  subjects?: readonly string[];
  /** Handles several events in one transaction, all or none. If it throws, each of the events is handled by itself. */
  handleBatch?(events: EventEnvelope[]): Promise<void>;
  /**
   * Handles one event. When it returns, the event's effect is committed, or the event does not concern the service; the
   * message is then acknowledged. It must tolerate an event that it has handled before: a crash before the
   * acknowledgement causes another delivery.
   */
  handleOne(event: EventEnvelope): Promise<void>;
  /**
   * Classifies an error of a handler. While it says UNAVAILABLE (the database cannot be reached), the events stay in
   * flight and are retried without using up deliveries, so that an outage never turns healthy events into dead letters.
   */
  classify?: (error: unknown) => Problem | undefined;
  /** Events per `handleBatch`. Default 64. */
  maxBatch?: number;
  /** Deliveries before a message becomes a dead letter. Default 10. */
  maxDeliver?: number;
  /** Pauses before the second, third … delivery; the last one repeats. Default: about ten minutes in all. */
  backoffMs?: readonly number[];
  /** How long messages of a process that died wait before another process gets them. Default 30 s. */
  ackWaitMs?: number;
  /**
   * Sees to it that the consumer exists; called at the start and whenever it is gone. Default: waits until it is there.
   * An observer whose login may make consumers passes `makeConsumer`.
   */
  setUp?: (connection: Connection, options: ConsumerOptions) => Promise<void>;
}

interface ConsumerOptions {
  stream: StreamName;
  durable: string;
  subjects?: readonly string[];
  ackWaitMs: number;
}

export interface Consumer {
  /** Pulls no more, lets the running handler and its acknowledgements finish, and gives the other messages back. */
  stop(): Promise<void>;
  /** @throws Error while nothing can be pulled. */
  check(): void;
}

const BACKOFF_MS = [100, 500, 2_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
/** Batches in flight at most, so that the next one is there when a batch is done. */
const BATCHES_IN_FLIGHT = 4;
/** Between two tries of a handler whose dependency is unavailable. */
const RETRY = { firstMs: 100, maxMs: 5_000 };

const outcomes = counter('missions_events_consumed_total', 'Events by outcome', ['stream', 'service', 'outcome']);

/** Waits for the durable consumer, and starts to consume. */
export async function consume(connection: Connection, options: ConsumeOptions): Promise<Consumer> {
  const settings: Settings = {
    durable: options.service,
    maxBatch: 64,
    maxDeliver: 10,
    backoffMs: BACKOFF_MS,
    ackWaitMs: 30_000,
    ...options,
  };
  const setUp = () => (options.setUp ?? awaitConsumer)(connection, settings);
  await setUp();
  return new ConsumerLoop(connection, settings, setUp);
}

type Settings = ConsumeOptions &
  Required<Pick<ConsumeOptions, 'durable' | 'maxBatch' | 'maxDeliver' | 'backoffMs' | 'ackWaitMs'>>;

interface Received {
  delivery: Delivery;
  event: EventEnvelope;
}

/** Runs the handlers of one consumer, one batch or event at a time. */
class ConsumerLoop implements Consumer {
  readonly #connection: Connection;
  readonly #settings: Settings;
  readonly #stopping = new AbortController();
  readonly #window: InFlightWindow;
  readonly #pull: Pull;
  readonly #acknowledgements = new Set<Promise<void>>();
  readonly #ended: Promise<void>;

  constructor(connection: Connection, settings: Settings, setUp: () => Promise<void>) {
    const { stream, durable, maxBatch, ackWaitMs } = settings;
    this.#connection = connection;
    this.#settings = settings;
    const window = new InFlightWindow(maxBatch * BATCHES_IN_FLIGHT, ackWaitMs, this.#stopping.signal);
    this.#window = window;
    this.#pull = new Pull(connection, {
      stream,
      durable,
      capacity: () => window.capacity(),
      receive: (delivery) => window.receive(delivery),
      setUp,
    });
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#pull.stop();
    await this.#ended;
    this.#window.giveBack();
    await Promise.all(this.#acknowledgements);
    // Resolves only when the server has received the messages that were given back.
    const connection = this.#connection;
    if (connection.connected) await connection.whileConnected(() => connection.nc.flush()).catch(() => {});
  }

  check(): void {
    const { stream, durable } = this.#settings;
    if (this.#pull.failure) throw new Error(`consumer ${durable} of ${stream}: ${this.#pull.failure}`);
  }

  async #run(): Promise<void> {
    for (;;) {
      const deliveries = await this.#window.next(this.#settings.maxBatch);
      if (deliveries.length === 0) return;
      await this.#handle(deliveries);
    }
  }

  async #handle(deliveries: readonly Delivery[]): Promise<void> {
    const first: Received[] = [];
    const redelivered: Received[] = [];
    for (const delivery of deliveries) {
      const event = await this.#parse(delivery);
      if (event) (delivery.attempts > 1 ? redelivered : first).push({ delivery, event });
    }
    if (first.length > 1 && this.#settings.handleBatch) await this.#handleTogether(first);
    else await this.#handleOneByOne(first);
    await this.#handleOneByOne(redelivered);
  }

  async #parse(delivery: Delivery): Promise<EventEnvelope | undefined> {
    if (delivery.attempts > this.#settings.maxDeliver) {
      const reason = `delivered ${delivery.attempts} times and never acknowledged: its consumer may have crashed on it`;
      await this.#deadLetter(delivery, reason);
      return undefined;
    }
    try {
      return parseEvent(delivery.subject, delivery.headers, delivery.text());
    } catch (error) {
      await this.#deadLetter(delivery, `not an event: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #handleTogether(received: readonly Received[]): Promise<void> {
    const { stream, handleBatch } = this.#settings;
    const events = received.map(({ event }) => event);
    const handle = () => inSpan(`consume ${stream}`, { kind: 'consumer' }, async () => await handleBatch?.(events));
    try {
      if (!(await this.#retryWhileUnavailable(handle))) return;
    } catch (error) {
      const logged = { err: error, stream, events: received.length };
      this.#connection.logger.info(logged, 'a batch failed; its events are handled one by one');
      return await this.#handleOneByOne(received);
    }
    this.#window.grow();
    for (const { delivery } of received) this.#acknowledge(delivery);
  }

  async #handleOneByOne(received: readonly Received[]): Promise<void> {
    for (const { delivery, event } of received) {
      if (this.#stopping.signal.aborted) return;
      const attributes = { 'messaging.destination.name': event.type };
      const span = { kind: 'consumer', parent: event.traceparent, attributes } as const;
      const handle = () => inSpan(`consume ${event.type}`, span, () => this.#settings.handleOne(event));
      try {
        if (!(await this.#retryWhileUnavailable(handle))) return;
      } catch (error) {
        await this.#fail(delivery, error);
        continue;
      }
      this.#window.grow();
      this.#acknowledge(delivery);
    }
  }

  /**
   * @returns false if the consumer was stopped before the handler succeeded. @throws every other error of the handler.
   */
  async #retryWhileUnavailable(handle: () => Promise<void>): Promise<boolean> {
    const { signal } = this.#stopping;
    for (let failures = 1; ; failures++) {
      try {
        await handle();
        return true;
      } catch (error) {
        if (this.#settings.classify?.(error)?.code !== 'UNAVAILABLE') throw error;
        const logged = { err: error, stream: this.#settings.stream };
        if (failures % 10 === 1) this.#connection.logger.warn(logged, 'events wait until they can be handled');
        await delay(backoff(failures, RETRY), undefined, { signal }).catch(() => {});
        if (signal.aborted) return false;
      }
    }
  }

  /** The next batch does not wait for the acknowledgement, which would cost a round trip; `stop` waits for all. */
  #acknowledge(delivery: Delivery): void {
    this.#window.release(delivery);
    const acknowledged = delivery.ack().then(
      () => this.#count('handled'),
      (error: unknown) => {
        const logged = { err: error, ...this.#describe(delivery) };
        this.#connection.logger.warn(logged, 'an event could not be acknowledged and will be delivered again');
      },
    );
    this.#acknowledgements.add(acknowledged);
    void acknowledged.then(() => this.#acknowledgements.delete(acknowledged));
  }

  async #fail(delivery: Delivery, error: unknown): Promise<void> {
    const logged = { err: error, ...this.#describe(delivery) };
    // An event that its contract refuses is as unparseable as one that is not JSON: trying again changes nothing.
    const invalid = error instanceof Problem && error.code === 'VALIDATION_FAILED';
    if (invalid || delivery.attempts >= this.#settings.maxDeliver) {
      this.#connection.logger.error(logged, 'an event failed for the last time');
      const reason = error instanceof Problem ? `${error.code}: ${error.message}` : messageOf(error);
      return await this.#deadLetter(delivery, reason);
    }
    this.#connection.logger.warn(logged, 'an event failed and will be tried again');
    this.#giveBack(delivery);
  }

  /** Terminates the message only once its copy is stored: a crash in between makes a second copy at worst. */
  async #deadLetter(delivery: Delivery, reason: string): Promise<void> {
    const { service, stream, durable } = this.#settings;
    const { logger } = this.#connection;
    try {
      await storeDeadLetter(this.#connection, service, { stream, consumer: durable }, delivery, reason);
    } catch (error) {
      const logged = { err: error, ...this.#describe(delivery) };
      logger.error(logged, 'a dead letter could not be stored; its message will be delivered again');
      return this.#giveBack(delivery);
    }
    logger.error({ reason, ...this.#describe(delivery) }, 'a message was stored as a dead letter');
    this.#count('dead_letter');
    this.#window.release(delivery);
    delivery.term();
  }

  #giveBack(delivery: Delivery): void {
    const { backoffMs } = this.#settings;
    this.#count('retried');
    this.#window.release(delivery);
    delivery.nak(backoffMs[Math.min(delivery.attempts, backoffMs.length) - 1]);
  }

  #count(outcome: string): void {
    const { stream, service } = this.#settings;
    outcomes.inc({ stream, service, outcome });
  }

  #describe({ subject, sequence, attempts, headers }: Delivery) {
    return { stream: this.#settings.stream, subject, sequence, attempts, event: headers?.get('ce-id') };
  }
}
