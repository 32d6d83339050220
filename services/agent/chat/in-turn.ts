import { Problem } from '@missions/contracts/errors.ts';

const MAX_WAITING = 4;
const MAX_AT_ONCE = 32;

/**
 * Runs one turn of a conversation at a time, in the order of arrival. The queue is bounded: a flood is refused, not
 * stored.
 */
export class InTurn {
  readonly #last = new Map<string, { ended: Promise<unknown>; count: number }>();
  #running = 0;

  /** @throws Problem RATE_LIMITED */
  async run<T>(name: string, turn: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    if (before && before.count > MAX_WAITING)
      throw new Problem('RATE_LIMITED', 'Too many messages of this conversation wait for their turn.');
    if (this.#running >= MAX_AT_ONCE)
      throw new Problem('RATE_LIMITED', 'This agent has too many conversations in hand.');
    this.#running += 1;
    const mine = {
      ended: (before?.ended ?? Promise.resolve()).catch(() => undefined).then(turn),
      count: (before?.count ?? 0) + 1,
    };
    this.#last.set(name, mine);
    try {
      return await mine.ended;
    } finally {
      this.#running -= 1;
      const last = this.#last.get(name);
      if (last === mine) this.#last.delete(name);
      else if (last) last.count -= 1;
    }
  }
}
