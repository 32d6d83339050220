import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { parseEvent } from '../cloudevents.ts';
import type { Connection } from '../connection.ts';
import { messageOf } from '../errors.ts';
import { names } from '../headers.ts';
import { aboutEvent, aboutSubject } from '../span-attributes.ts';
import { awaitConsumer } from '../streams.ts';
import { storeDeadLetter } from './dead-letters.ts';
import type { Delivery } from './delivery.ts';
import { InFlightWindow } from './in-flight-window.ts';
import type { ConsumeOptions, Consumer } from './options.ts';
import { Pull } from './pull.ts';

const BACKOFF_MS = [100, 500, 2_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
/** Batches in flight at most, so that the next one is there when a batch is done. */
const BATCHES_IN_FLIGHT = 4;
/** Between two tries of a handler whose dependency is unavailable. */
const RETRY = { firstMs: 100, maxMs: 5_000 };

const outcomes = counter('missions_events_consumed_total', 'Events by outcome', ['stream', 'service', 'outcome']);

/**
 * The life of a message:
 *
 *     received ──▶ (verified) ──▶ handled ──▶ acknowledged
 *        │  ├──▶ failed ──▶ given back with a pause, and received again
 *        │  │        └──at the last delivery──▶ dead letter ──▶ terminated
 *        │  └──▶ what verifies or handles it is away or hangs ──▶ kept in flight, and retried
 *        └──▶ not an event, or refused as invalid ──▶ dead letter ──▶ terminated
 *
 * All messages that wait, up to `maxBatch`, go to one `handleBatch`. A message that has failed before is handled by
 * itself, so that it does not fail the batch of others. The number of messages in flight starts at 1 and doubles with
 * each success: a message that kills the process takes few others with it, and their deliveries are not used up.
 *
 * Waits for the durable consumer, and starts to consume.
 */
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

class NotVerifiable extends Error {}

/** Runs the handlers of one consumer, one batch or event at a time. */
class ConsumerLoop implements Consumer {
  readonly #connection: Connection;
  readonly #settings: Settings;
  readonly #stopping = new AbortController();
  readonly #window: InFlightWindow;
  readonly #pull: Pull;
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
    // Resolves only when the server has received what was acknowledged and given back.
    if (this.#connection.connected) await this.#connection.flush().catch(() => {});
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
    const sequences = received.map(({ delivery }) => delivery.sequence);
    const span = {
      kind: 'consumer',
      attributes: () => ({ ...aboutSubject(stream), 'messaging.batch.message_count': events.length }),
      // A span has one parent, and these events are of several traces.
      links: () => events.map(({ traceparent }) => traceparent),
    } as const;
    const handle = async () => {
      await Promise.all(received.map((one) => this.#verify(one)));
      await inSpan(`consume ${stream}`, span, async () => await handleBatch?.(events, sequences));
    };
    try {
      if (!(await this.#retryWhileAway(handle, ['UNAVAILABLE']))) return;
    } catch (error) {
      const logged = { err: error, stream, events: received.length };
      this.#connection.logger.info(logged, 'a batch failed; its events are handled one by one');
      return await this.#handleOneByOne(received);
    }
    this.#window.grow();
    for (const { delivery } of received) this.#acknowledge(delivery);
  }

  async #handleOneByOne(received: readonly Received[]): Promise<void> {
    for (const one of received) {
      const { delivery, event } = one;
      if (this.#stopping.signal.aborted) return;
      const span = { kind: 'consumer', parent: event.traceparent, attributes: () => aboutEvent(event) } as const;
      const handle = () =>
        inSpan(`consume ${event.type}`, span, async () => {
          await this.#verify(one);
          await this.#settings.handleOne(event, delivery.sequence);
        });
      try {
        if (!(await this.#retryWhileAway(handle, ['UNAVAILABLE', 'TIMEOUT']))) return;
      } catch (error) {
        await this.#fail(delivery, error);
        continue;
      }
      this.#window.grow();
      this.#acknowledge(delivery);
    }
  }

  /** @throws NotVerifiable while that which verifies events cannot be reached; the event's refusal. */
  async #verify({ delivery, event }: Received): Promise<void> {
    try {
      const seal = delivery.headers?.get(names.eventSeal) || undefined;
      await this.#settings.verify?.(event, { body: delivery.body, seal });
    } catch (error) {
      const isAway = error instanceof Problem && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT');
      throw isAway ? new NotVerifiable(error.message, { cause: error }) : error;
    }
  }

  /**
   * A time-out of one event means that its dependency hangs; that of a batch may only mean that the batch is large.
   * @returns false if the consumer was stopped before the handler succeeded. @throws every other error of the handler.
   */
  async #retryWhileAway(handle: () => Promise<void>, away: readonly ErrorCode[]): Promise<boolean> {
    const { signal } = this.#stopping;
    for (let failures = 1; ; failures++) {
      try {
        await handle();
        return true;
      } catch (error) {
        const code = this.#settings.classify?.(error)?.code;
        if (!(error instanceof NotVerifiable) && !(code && away.includes(code))) throw error;
        const logged = { err: error, stream: this.#settings.stream };
        if (failures % 10 === 1) this.#connection.logger.warn(logged, 'events wait until they can be handled');
        await delay(backoff(failures, RETRY), undefined, { signal }).catch(() => {});
        if (signal.aborted) return false;
      }
    }
  }

  #acknowledge(delivery: Delivery): void {
    this.#window.release(delivery);
    delivery.ack();
    this.#count('handled');
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
