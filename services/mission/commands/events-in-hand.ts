import type { EventEnvelope } from '@missions/contracts/event.ts';
import { isTimerFiring } from '@missions/contracts/scheduler/timers.ts';

/** The other way of an event is some milliseconds behind; what is forgotten is found in the inbox. */
const REMEMBERED = 1_000;

/**
 * The events that this process is handling, and those that it has just committed.
 *
 * A user's answer comes by two ways within milliseconds: from the gateway, and through the stream. The inbox lets one of
 * them have the effect, but the other one waits for the first one's transaction with a connection and a transaction of
 * its own, and a whole batch of the stream with it. Here it waits without either, and ends without a statement when the
 * first one has committed. The inbox stays the guarantee: between processes, and for everything that is not known here.
 */
export class EventsInHand {
  readonly #inHand = new Map<string, Promise<void>>();
  readonly #committed = new Set<string>();

  /**
   * Waits until nobody in this process has any of the events in hand; then works on those that are left, if any are.
   * It takes nothing while it waits, so that no two callers wait for each other.
   * @param work resolves when it has committed. Firings of timers are always left to it (see `isTimerFiring`).
   */
  async handle(
    events: readonly EventEnvelope[],
    work: (left: readonly EventEnvelope[]) => Promise<void>,
  ): Promise<void> {
    for (let others = this.#othersOf(events); others.size > 0; others = this.#othersOf(events))
      await Promise.allSettled(others);
    const left = events.filter(({ id }) => !this.#committed.has(id));
    if (left.length === 0) return;
    const ids = left.flatMap((event) => (isTimerFiring(event) ? [] : event.id));
    const working = work(left);
    for (const id of ids) this.#inHand.set(id, working);
    try {
      await working;
      for (const id of ids) this.#remember(id);
    } finally {
      for (const id of ids) this.#inHand.delete(id);
    }
  }

  #othersOf(events: readonly EventEnvelope[]): Set<Promise<void>> {
    return new Set(events.flatMap(({ id }) => this.#inHand.get(id) ?? []));
  }

  #remember(id: string): void {
    this.#committed.add(id);
    if (this.#committed.size <= REMEMBERED) return;
    const [oldest] = this.#committed;
    if (oldest !== undefined) this.#committed.delete(oldest);
  }
}
