import { Problem } from '@missions/contracts/errors.ts';
import { currentContext, type RequestContext, withContext } from '@missions/runtime/context.ts';
import { isTraced } from '@missions/runtime/span.ts';
import { wasRefused } from './error-mapping.ts';

/**
 * Groups concurrent writes into one statement:
 *
 *     waiting ──(a statement may begin)──▶ in flight ──▶ committed
 *                                             └──(refused by the server)──▶ retried in halves ──▶ … ──▶ alone
 *
 * While `width` statements are in flight, further writes gather and form the next group as soon as one of the
 * statements is done: under load the groups form by themselves, and a single write leaves in the same turn of the event
 * loop. With 16 writes in a statement a creation costs PostgreSQL a third, because most of the cost is that of a
 * statement and a commit, not of the rows.
 *
 * A statement that the server refuses has written nothing, so each half of its group is retried: one bad write fails
 * alone. If the outcome of a statement is unknown (the connection was lost), nothing is retried, and all its writes
 * fail with that error.
 */
export interface GroupCommitOptions<Item> {
  /** Writes all items in one transaction, or none. */
  write: (items: readonly Item[]) => Promise<unknown>;
  /**
   * Writes of the same name exclude each other, so they are never in one group: the second waits for the first and is
   * then written alone. A group is sorted by name, so that the groups of two processes wait for each other in one
   * direction only.
   */
  name: (item: Item) => string | undefined;
  /**
   * Whether nothing was written for sure, so that the halves of a group are tried again. Default: the server refused the
   * statement.
   */
  wroteNothing?: (error: unknown) => boolean;
  /** Approximate bytes of the item in the statement. */
  weight: (item: Item) => number;
  /**
   * Statements in flight. Default 2, so that one statement that waits for a lock does not delay all writes; one, two
   * and three showed no measurable difference in cost.
   */
  width?: number;
  /** Items of one statement at most. Default 64. */
  maxItems?: number;
  /** Bytes of one statement at most; a single item may be larger. Default 1 MiB. */
  maxWeight?: number;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly name: string | undefined;
  /** Of the call that waits, while traces are recorded. */
  readonly context: RequestContext | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Of a transaction that decides itself, too: what it refuses, it rolls back. */
export const wasRolledBack = (error: unknown): boolean => error instanceof Problem || wasRefused(error);

export class GroupCommit<Item> {
  readonly #options: Required<GroupCommitOptions<Item>>;
  #waiting: Waiting<Item>[] = [];
  #inFlight = 0;
  #scheduled = false;
  /** By name, the write that is not settled yet. Never rejects. */
  readonly #unsettled = new Map<string, Promise<unknown>>();

  constructor(options: GroupCommitOptions<Item>) {
    this.#options = { width: 2, maxItems: 64, maxWeight: 1024 * 1024, wroteNothing: wasRefused, ...options };
  }

  /** Resolves when the item is committed. @throws the error of a statement with this item alone. */
  async commit(item: Item): Promise<void> {
    const name = this.#options.name(item);
    const earlier = name === undefined ? undefined : this.#unsettled.get(name);
    if (earlier) {
      await earlier;
      await this.#options.write([item]);
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ item, name, context: isTraced() ? currentContext() : undefined, resolve, reject });
    if (name !== undefined) {
      const settled = promise.catch(() => {}).finally(() => this.#unsettled.delete(name));
      this.#unsettled.set(name, settled);
    }
    this.#schedule();
    await promise;
  }

  /** Starts at the end of this turn of the event loop, so that the writes of one packet from the bus form a group. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= this.#options.width) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
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
    const { maxItems, maxWeight, weight } = this.#options;
    let taken = 0;
    for (let bytes = 0; taken < Math.min(maxItems, this.#waiting.length); taken++) {
      bytes += weight((this.#waiting[taken] as Waiting<Item>).item);
      if (taken > 0 && bytes > maxWeight) break;
    }
    return this.#waiting.splice(0, taken).sort(byName);
  }

  /** Never rejects. */
  async #write(group: readonly Waiting<Item>[]): Promise<void> {
    try {
      await inTraces(group, () => this.#options.write(group.map(({ item }) => item)));
    } catch (error) {
      if (group.length === 1 || !this.#options.wroteNothing(error)) return group.forEach(({ reject }) => reject(error));
      const half = group.length >> 1;
      await this.#write(group.slice(0, half));
      return await this.#write(group.slice(half));
    }
    for (const { resolve } of group) resolve();
  }
}

/** The statement of a group is in the trace of its first call, and linked to those of the others. */
function inTraces<T>(group: readonly Pick<Waiting<unknown>, 'context'>[], write: () => Promise<T>): Promise<T> {
  const [first, ...others] = group.flatMap(({ context }) => context ?? []);
  if (!first) return write();
  return withContext({ ...first, alongside: others.map(({ traceparent }) => traceparent) }, write);
}

const byName = (
  { name: one = '' }: { name: string | undefined },
  { name: other = '' }: { name: string | undefined },
): number => (one < other ? -1 : one > other ? 1 : 0);
