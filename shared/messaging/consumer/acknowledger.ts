import { Problem } from '@missions/contracts/errors.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { ConsumeSettings } from './consume.ts';
import { storeDeadLetter } from './dead-letters.ts';
import type { Delivery } from './delivery.ts';
import { messageOf } from '../errors.ts';
import type { InFlightWindow } from './in-flight-window.ts';
import type { Connection } from '../connection.ts';

const outcomes = counter('missions_events_consumed_total', 'Events by what became of them', [
  'stream',
  'service',
  'outcome',
]);

/** Says to the server what became of a delivery, and lets go of it. */
export class Acknowledger {
  readonly #link: Connection;
  readonly #settings: ConsumeSettings;
  readonly #hand: InFlightWindow;
  readonly #acknowledging = new Set<Promise<void>>();

  constructor(link: Connection, settings: ConsumeSettings, hand: InFlightWindow) {
    this.#link = link;
    this.#settings = settings;
    this.#hand = hand;
  }

  /** Not awaited by the next batch, which would then begin a round trip later; `acknowledged` waits for all of them. */
  handled(delivery: Delivery): void {
    this.#hand.release(delivery);
    const acknowledged = delivery.ack().then(
      () => this.#count('handled'),
      (error: unknown) =>
        this.#link.logger.warn(
          { err: error, ...this.#naming(delivery) },
          'not acknowledged: the event will come again',
        ),
    );
    this.#acknowledging.add(acknowledged);
    void acknowledged.then(() => this.#acknowledging.delete(acknowledged));
  }

  async acknowledged(): Promise<void> {
    await Promise.all(this.#acknowledging);
  }

  async failed(delivery: Delivery, error: unknown): Promise<void> {
    // An event that its contract refuses is as unparseable as one that is not JSON: trying again changes nothing.
    const invalid = error instanceof Problem && error.code === 'VALIDATION_FAILED';
    if (invalid || delivery.attempts >= this.#settings.maxDeliver) {
      this.#link.logger.error({ err: error, ...this.#naming(delivery) }, 'an event is given up');
      return await this.deadLetter(
        delivery,
        error instanceof Problem ? `${error.code}: ${error.message}` : messageOf(error),
      );
    }
    this.#link.logger.warn({ err: error, ...this.#naming(delivery) }, 'an event failed and will be tried again');
    this.#giveBack(delivery);
  }

  /** Terminated only once the copy is stored: a crash in between makes a second copy at worst. */
  async deadLetter(delivery: Delivery, reason: string): Promise<void> {
    const { service, stream, durable } = this.#settings;
    try {
      await storeDeadLetter(this.#link, service, { stream, consumer: durable }, delivery, reason);
    } catch (error) {
      this.#link.logger.error(
        { err: error, ...this.#naming(delivery) },
        'a dead letter could not be stored; the message will come again',
      );
      return this.#giveBack(delivery);
    }
    this.#link.logger.error({ reason, ...this.#naming(delivery) }, 'a message went to the dead letters');
    this.#count('dead_letter');
    this.#hand.release(delivery);
    delivery.term();
  }

  #giveBack(delivery: Delivery): void {
    const { backoffMs } = this.#settings;
    this.#count('retried');
    this.#hand.release(delivery);
    delivery.nak(backoffMs[Math.min(delivery.attempts, backoffMs.length) - 1]);
  }

  #count(outcome: string): void {
    const { stream, service } = this.#settings;
    outcomes.inc({ stream, service, outcome });
  }

  #naming({ subject, sequence, attempts, headers }: Delivery) {
    return { stream: this.#settings.stream, subject, sequence, attempts, event: headers?.get('ce-id') };
  }
}
