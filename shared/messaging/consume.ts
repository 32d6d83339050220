import { setTimeout as delay } from 'node:timers/promises';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { parseEvent } from './cloudevents.ts';
import { ensureConsumer } from './consumer.ts';
import { bury } from './dead-letters.ts';
import type { Delivery } from './delivery.ts';
import { messageOf } from './faults.ts';
import type { Link } from './link.ts';
import { Pull } from './pull.ts';

export interface ConsumeOptions {
  stream: StreamName;
  /** The service that consumes; names the dead letters. */
  service: string;
  /** Default, and what the server's permissions allow: the service's name. One consumer per service and stream is enough. */
  durable?: string;
  /** Those of the stream's subjects that are wanted; all by default. */
  subjects?: readonly string[];
  /** Handles several events in one transaction, all or nothing. When it throws, each is handled by itself. */
  handleBatch?(events: EventEnvelope[]): Promise<void>;
  /**
   * Handles one event. To return means its effect is committed (the message is acknowledged then), or that it is none of ours. It must
   * bear to see an event again: a crash before the acknowledgement delivers it anew.
   */
  handleOne(event: EventEnvelope): Promise<void>;
  /**
   * When it calls an error UNAVAILABLE (the database is away), the events are held and tried again without counting as attempts, so that
   * an outage never turns healthy events into dead letters.
   */
  classify?: (error: unknown) => Problem | undefined;
  /** Events per `handleBatch`. Default 64. */
  maxBatch?: number;
  /** Deliveries before a message is given up. Default 10. */
  maxDeliver?: number;
  /** Pauses before the second, third… delivery; the last one repeats. By default about ten minutes in all. */
  backoffMs?: readonly number[];
  /** How long the events of a process that died stay with it. Default 30 s. */
  ackWaitMs?: number;
}

export interface Consumption {
  /** Takes nothing more, lets what is in hand finish with its acknowledgements, and gives the rest back. */
  stop(): Promise<void>;
  /** @throws Error when nothing can be consumed. */
  check(): void;
}

const BACKOFF_MS = [100, 500, 2_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
const outcomes = counter('missions_events_consumed_total', 'Events by what became of them', ['stream', 'service', 'outcome']);

/**
 * What becomes of a message:
 *
 *     received ──▶ handled ──▶ acknowledged
 *        │  ├──▶ failed ──▶ given back with a pause (and so received again) ──at the last delivery──▶ dead letter ──▶ terminated
 *        │  └──▶ what handlers need is away ──▶ held, tried again
 *        └──▶ not an event, or refused as invalid ──▶ dead letter ──▶ terminated
 *
 * Whatever is there, up to `maxBatch`, is folded into one `handleBatch`. A message that has failed before is handled by itself, so
 * that it does not spoil the fold of others. The number in hand starts at 1 and doubles with success: a message that kills the process
 * takes few others with it each time, and their deliveries are not used up.
 */
export async function consume(link: Link, options: ConsumeOptions): Promise<Consumption> {
  const { stream, service, durable = service, ackWaitMs = 30_000 } = options;
  const setUp = () => ensureConsumer(link, { stream, durable, ackWaitMs, ...(options.subjects && { subjects: options.subjects }) });
  await setUp();
  return new Worker(link, { ...options, durable, ackWaitMs }, setUp);
}

class Worker implements Consumption {
  readonly #link: Link;
  readonly #options: Settings;
  readonly #maxBatch: number;
  readonly #backoffMs: readonly number[];
  readonly #pull: Pull;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #loop: Promise<void>;
  readonly #stopping = new AbortController();
  /** Received and not yet begun. */
  readonly #waiting: Delivery[] = [];
  /** Received and not yet settled: `#waiting`, and those being handled. */
  readonly #held = new Set<Delivery>();
  readonly #acknowledging = new Set<Promise<void>>();
  #window = 1;
  #wake = Promise.withResolvers<void>();

  constructor(link: Link, options: Settings, setUp: () => Promise<void>) {
    this.#link = link;
    this.#options = options;
    this.#maxBatch = options.maxBatch ?? 64;
    this.#backoffMs = options.backoffMs ?? BACKOFF_MS;
    this.#heartbeat = setInterval(() => this.#held.forEach((delivery) => delivery.working()), options.ackWaitMs / 3).unref();
    this.#pull = new Pull(link, {
      stream: options.stream,
      durable: options.durable,
      room: () => this.#room(),
      receive: (delivery) => this.#receive(delivery),
      setUp,
    });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return await this.#loop;
    this.#stopping.abort();
    this.#notify();
    await this.#pull.stop();
    await this.#loop;
    for (const delivery of this.#held) delivery.nak();
    this.#held.clear();
    await Promise.all(this.#acknowledging);
    clearInterval(this.#heartbeat);
    // So that what is given back is at the server when this resolves.
    if (this.#link.connected) await this.#link.whileConnected(() => this.#link.nc.flush()).catch(() => {});
  }

  check(): void {
    const { stream, durable } = this.#options;
    if (this.#pull.failure) throw new Error(`consumer ${durable} of ${stream}: ${this.#pull.failure}`);
  }

  async #room(): Promise<number> {
    while (!this.#stopping.signal.aborted) {
      const room = this.#window - this.#held.size;
      if (room > 0) return room;
      await this.#wake.promise;
    }
    return 0;
  }

  #receive(delivery: Delivery): void {
    this.#held.add(delivery);
    this.#waiting.push(delivery);
    this.#notify();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      if (this.#waiting.length === 0) await this.#wake.promise;
      else await this.#handle(this.#waiting.splice(0, this.#maxBatch));
    }
  }

  async #handle(deliveries: Delivery[]): Promise<void> {
    const first: Received[] = [];
    const again: Received[] = [];
    for (const delivery of deliveries) {
      const received = await this.#parse(delivery);
      if (received) (delivery.attempts > 1 ? again : first).push(received);
    }
    if (first.length > 1 && this.#options.handleBatch) await this.#together(first);
    else await this.#oneByOne(first);
    await this.#oneByOne(again);
  }

  async #parse(delivery: Delivery): Promise<Received | undefined> {
    if (delivery.attempts > this.#maxDeliver) {
      await this.#giveUp(delivery, `delivered ${delivery.attempts} times and never settled: its consumer may have died of it`);
      return undefined;
    }
    try {
      return { delivery, event: parseEvent(delivery.subject, delivery.headers, delivery.text()) };
    } catch (error) {
      await this.#giveUp(delivery, `not an event: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #together(received: Received[]): Promise<void> {
    const { stream, service } = this.#options;
    const events = received.map(({ event }) => event);
    try {
      await this.#insisting(() => inSpan(`consume ${stream}`, { kind: 'consumer' }, () => this.#options.handleBatch?.(events) ?? Promise.resolve()));
    } catch (error) {
      if (this.#stopping.signal.aborted && error === HELD) return;
      this.#link.logger.info({ err: error, stream, events: events.length }, 'a batch failed; its events are handled one by one');
      outcomes.inc({ stream, service, outcome: 'unfolded' }, events.length);
      return await this.#oneByOne(received);
    }
    this.#window = Math.min(this.#window * 2, this.#maxBatch * 4);
    for (const { delivery } of received) this.#settle(delivery);
    this.#notify();
  }

  async #oneByOne(received: readonly Received[]): Promise<void> {
    for (const { delivery, event } of received) {
      if (this.#stopping.signal.aborted) return;
      const span = { kind: 'consumer', parent: event.traceparent, attributes: { 'messaging.destination.name': event.type } } as const;
      try {
        await this.#insisting(() => inSpan(`consume ${event.type}`, span, () => this.#options.handleOne(event)));
      } catch (error) {
        if (error === HELD) return;
        await this.#failed(delivery, event, error);
        continue;
      }
      this.#window = Math.min(this.#window * 2, this.#maxBatch * 4);
      this.#settle(delivery);
      this.#notify();
    }
  }

  /** Repeats while what the handler needs is away. @throws HELD when stopped meanwhile, and whatever else the handler throws. */
  async #insisting(handle: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await handle();
      } catch (error) {
        if (this.#options.classify?.(error)?.code !== 'UNAVAILABLE') throw error;
        if (attempt % 10 === 0) this.#link.logger.warn({ err: error, stream: this.#options.stream }, 'holding events until they can be handled');
        await delay(Math.min(100 * 2 ** attempt, 5_000), undefined, { signal: this.#stopping.signal }).catch(() => {
          throw HELD;
        });
      }
    }
  }

  async #failed(delivery: Delivery, event: EventEnvelope, error: unknown): Promise<void> {
    const { stream, service } = this.#options;
    const { attempts } = delivery;
    const invalid = error instanceof Problem && error.code === 'VALIDATION_FAILED';
    if (invalid || attempts >= this.#maxDeliver) {
      this.#link.logger.error({ err: error, event: event.id, type: event.type, attempts }, 'an event was given up');
      return await this.#giveUp(delivery, error instanceof Problem ? `${error.code}: ${error.message}` : messageOf(error));
    }
    this.#link.logger.warn({ err: error, event: event.id, type: event.type, attempts }, 'an event failed and will be tried again');
    outcomes.inc({ stream, service, outcome: 'retried' });
    this.#release(delivery, () => delivery.nak(this.#pause(attempts)));
  }

  async #giveUp(delivery: Delivery, reason: string): Promise<void> {
    const { stream, service, durable } = this.#options;
    try {
      await bury(this.#link, service, { stream, consumer: durable }, delivery, reason);
    } catch (error) {
      this.#link.logger.error({ err: error, stream, sequence: delivery.sequence }, 'a dead letter could not be stored; the message will come again');
      return this.#release(delivery, () => delivery.nak(this.#pause(delivery.attempts)));
    }
    outcomes.inc({ stream, service, outcome: 'dead_letter' });
    this.#link.logger.error({ stream, sequence: delivery.sequence, subject: delivery.subject, reason }, 'a message went to the dead letters');
    this.#release(delivery, () => delivery.term());
  }

  /** Not awaited by the next batch: the round trip would cost it a third of its pace. `stop` waits for all of them. */
  #settle(delivery: Delivery): void {
    const { stream, service } = this.#options;
    this.#held.delete(delivery);
    const acknowledged = delivery.ack().then(
      () => outcomes.inc({ stream, service, outcome: 'handled' }),
      (error: unknown) => this.#link.logger.warn({ err: error, stream, sequence: delivery.sequence }, 'not acknowledged: the event will come again'),
    );
    this.#acknowledging.add(acknowledged);
    void acknowledged.then(() => this.#acknowledging.delete(acknowledged));
  }

  #release(delivery: Delivery, say: () => void): void {
    this.#held.delete(delivery);
    say();
    this.#notify();
  }

  #pause(attempts: number): number {
    return this.#backoffMs[Math.min(attempts, this.#backoffMs.length) - 1] ?? 0;
  }

  get #maxDeliver(): number {
    return this.#options.maxDeliver ?? 10;
  }
}

type Settings = ConsumeOptions & { durable: string; ackWaitMs: number };

interface Received {
  delivery: Delivery;
  event: EventEnvelope;
}

/** Thrown when stopping while events are held; they are given back. */
const HELD = Symbol('held');
