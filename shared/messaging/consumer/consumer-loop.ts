import { setTimeout as delay } from 'node:timers/promises';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { parseEvent } from '../cloudevents.ts';
import type { Consumer, ConsumeSettings } from './consume.ts';
import type { Delivery } from './delivery.ts';
import { messageOf } from '../errors.ts';
import { InFlightWindow } from './in-flight-window.ts';
import type { Connection } from '../connection.ts';
import { Pull } from './pull.ts';
import { Acknowledger } from './acknowledger.ts';

/** How many folds may be in hand, so that the next is there when one is done. */
const FOLDS_IN_HAND = 4;

interface Received {
  delivery: Delivery;
  event: EventEnvelope;
}

/** Runs the handlers of one consumer, one fold or event at a time. The course of a message is told in `consume.ts`. */
export class ConsumerLoop implements Consumer {
  readonly #link: Connection;
  readonly #settings: ConsumeSettings;
  readonly #stopping = new AbortController();
  readonly #hand: InFlightWindow;
  readonly #settler: Acknowledger;
  readonly #pull: Pull;
  readonly #loop: Promise<void>;

  constructor(link: Connection, settings: ConsumeSettings, setUp: () => Promise<void>) {
    const { stream, durable, maxBatch, ackWaitMs } = settings;
    this.#link = link;
    this.#settings = settings;
    const hand = new InFlightWindow(maxBatch * FOLDS_IN_HAND, ackWaitMs, this.#stopping.signal);
    this.#hand = hand;
    this.#settler = new Acknowledger(link, settings, hand);
    this.#pull = new Pull(link, {
      stream,
      durable,
      room: () => hand.capacity(),
      receive: (delivery) => hand.receive(delivery),
      setUp,
    });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#pull.stop();
    await this.#loop;
    this.#hand.giveBack();
    await this.#settler.acknowledged();
    // So that what was given back is at the server when this resolves.
    if (this.#link.connected) await this.#link.whileConnected(() => this.#link.nc.flush()).catch(() => {});
  }

  check(): void {
    const { stream, durable } = this.#settings;
    if (this.#pull.failure) throw new Error(`consumer ${durable} of ${stream}: ${this.#pull.failure}`);
  }

  async #run(): Promise<void> {
    for (;;) {
      const deliveries = await this.#hand.next(this.#settings.maxBatch);
      if (deliveries.length === 0) return;
      await this.#handle(deliveries);
    }
  }

  async #handle(deliveries: Delivery[]): Promise<void> {
    const fresh: Received[] = [];
    const again: Received[] = [];
    for (const delivery of deliveries) {
      const event = await this.#parse(delivery);
      if (event) (delivery.attempts > 1 ? again : fresh).push({ delivery, event });
    }
    if (fresh.length > 1 && this.#settings.handleBatch) await this.#together(fresh);
    else await this.#oneByOne(fresh);
    await this.#oneByOne(again);
  }

  async #parse(delivery: Delivery): Promise<EventEnvelope | undefined> {
    if (delivery.attempts > this.#settings.maxDeliver) {
      await this.#settler.deadLetter(
        delivery,
        `delivered ${delivery.attempts} times and never settled: its consumer may have died of it`,
      );
      return undefined;
    }
    try {
      return parseEvent(delivery.subject, delivery.headers, delivery.text());
    } catch (error) {
      await this.#settler.deadLetter(delivery, `not an event: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #together(received: readonly Received[]): Promise<void> {
    const { stream, handleBatch } = this.#settings;
    try {
      const events = received.map(({ event }) => event);
      await this.#insisting(() =>
        inSpan(`consume ${stream}`, { kind: 'consumer' }, async () => await handleBatch?.(events)),
      );
    } catch (error) {
      if (error === HELD) return;
      this.#link.logger.info(
        { err: error, stream, events: received.length },
        'a batch failed; its events are handled one by one',
      );
      return await this.#oneByOne(received);
    }
    this.#hand.grow();
    for (const { delivery } of received) this.#settler.handled(delivery);
  }

  async #oneByOne(received: readonly Received[]): Promise<void> {
    for (const { delivery, event } of received) {
      if (this.#stopping.signal.aborted) return;
      const span = {
        kind: 'consumer',
        parent: event.traceparent,
        attributes: { 'messaging.destination.name': event.type },
      } as const;
      try {
        await this.#insisting(() => inSpan(`consume ${event.type}`, span, () => this.#settings.handleOne(event)));
      } catch (error) {
        if (error === HELD) return;
        await this.#settler.failed(delivery, error);
        continue;
      }
      this.#hand.grow();
      this.#settler.handled(delivery);
    }
  }

  /** Repeats while what the handler needs is away. @throws HELD when stopped meanwhile, and whatever else the handler throws. */
  async #insisting(handle: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await handle();
      } catch (error) {
        if (this.#settings.classify?.(error)?.code !== 'UNAVAILABLE') throw error;
        if (attempt % 10 === 0)
          this.#link.logger.warn(
            { err: error, stream: this.#settings.stream },
            'holding events until they can be handled',
          );
        await delay(Math.min(100 * 2 ** attempt, 5_000), undefined, { signal: this.#stopping.signal }).catch(() => {
          throw HELD;
        });
      }
    }
  }
}

/** Thrown when stopping while events are held; they are given back. */
const HELD = Symbol('held');
