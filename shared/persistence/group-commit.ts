import { wasRefused } from './error-mapping.ts';

/**
 * Folds writes that come at the same time into one statement:
 *
 *   waiting ──(a statement may begin)──▶ in flight ──▶ committed
 *                                           └──(refused by the server)──▶ again, in halves ──▶ … ──▶ alone: committed or refused
 *
 * While `width` statements are in flight further writes gather, and go together as soon as one of them is done: under load the groups form by
 * themselves, and alone a write leaves in the same turn of the event loop. At 16 to a statement a creation costs PostgreSQL a third, for most of
 * it is the work of a statement and of a commit, not of its rows.
 *
 * A statement that the server refuses has written nothing, so each half of it is tried again: one bad write fails alone. When its outcome is not
 * known (the connection was lost) nothing is tried again, and all of its writes hear so.
 */
export interface GroupCommitOptions<Item> {
  /** Writes all of them in one transaction, or none. */
  write: (items: readonly Item[]) => Promise<unknown>;
  /**
   * Writes of the same name exclude each other, so they are not put side by side: the second waits for the first and then goes alone. Groups are in
   * the order of their names, so that groups of two processes wait for each other in one direction.
   */
  name: (item: Item) => string | undefined;
  /** Bytes that it takes in the statement, about. */
  weight: (item: Item) => number;
  /** Statements in flight. Two, so that one that waits for another's lock does not hold up all; one, two and three cost the same, within what can be measured. */
  width?: number;
  /** Items and bytes of one statement at most. A single item may be heavier. */
  most?: number;
  mostWeight?: number;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly name: string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Item> {
  readonly #options: Required<GroupCommitOptions<Item>>;
  #waiting: Waiting<Item>[] = [];
  #inFlight = 0;
  #called = false;
  /** By name, the one that is on its way. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(options: GroupCommitOptions<Item>) {
    this.#options = { width: 2, most: 64, mostWeight: 1024 * 1024, ...options };
  }

  /** Resolves when it is committed. @throws whatever a statement with this item alone fails with. */
  async commit(item: Item): Promise<void> {
    const name = this.#options.name(item);
    const twin = name === undefined ? undefined : this.#underWay.get(name);
    if (twin) {
      await twin;
      await this.#options.write([item]);
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ item, name, resolve, reject });
    if (name !== undefined) {
      const settled = promise.catch(() => {}).finally(() => this.#underWay.delete(name));
      this.#underWay.set(name, settled);
    }
    this.#call();
    await promise;
  }

  /** At the end of this turn of the event loop: what came in one packet from the bus goes together. */
  #call(): void {
    if (this.#called || this.#inFlight >= this.#options.width) return;
    this.#called = true;
    setImmediate(() => {
      this.#called = false;
      this.#begin();
    });
  }

  #begin(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#options.width) {
      const group = this.#next();
      this.#inFlight++;
      void this.#write(group).then(() => {
        this.#inFlight--;
        this.#begin();
      });
    }
  }

  #next(): Waiting<Item>[] {
    const { most, mostWeight, weight } = this.#options;
    let taken = 0;
    for (let bytes = 0; taken < Math.min(most, this.#waiting.length); taken++) {
      bytes += weight((this.#waiting[taken] as Waiting<Item>).item);
      if (taken > 0 && bytes > mostWeight) break;
    }
    return this.#waiting.splice(0, taken).sort(byName);
  }

  /** Never rejects. */
  async #write(group: readonly Waiting<Item>[]): Promise<void> {
    try {
      await this.#options.write(group.map(({ item }) => item));
    } catch (error) {
      if (group.length === 1 || !wasRefused(error)) return group.forEach(({ reject }) => reject(error));
      const half = group.length >> 1;
      await this.#write(group.slice(0, half));
      return await this.#write(group.slice(half));
    }
    for (const { resolve } of group) resolve();
  }
}

const byName = (
  { name: one = '' }: { name: string | undefined },
  { name: other = '' }: { name: string | undefined },
): number => (one < other ? -1 : one > other ? 1 : 0);
