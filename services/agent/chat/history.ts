import type { ModelMessage } from 'ai';

export interface HistoryBounds {
  readonly maxConversations: number;
  readonly maxMessages: number;
  readonly maxCharacters: number;
}

const bounds: HistoryBounds = { maxConversations: 500, maxMessages: 60, maxCharacters: 120_000 };

/**
 * The turns of each conversation of each user, in this process's memory only. They may be lost at any time, because
 * missions, not chats, are the memory. A long conversation forgets its oldest turns, and of many conversations the
 * longest silent ones are forgotten. A turn is forgotten whole: the models' APIs refuse a tool's result without its
 * call.
 */
export class History {
  readonly #turns = new Map<string, ModelMessage[][]>();
  readonly #bounds: HistoryBounds;

  constructor(given: Partial<HistoryBounds> = {}) {
    this.#bounds = { ...bounds, ...given };
  }

  of(userId: string, conversationId: string): ModelMessage[] {
    return (this.#turns.get(nameOf(userId, conversationId)) ?? []).flat();
  }

  /** A turn is the user's message and everything that followed from it. */
  add(userId: string, conversationId: string, turn: readonly ModelMessage[]): void {
    const name = nameOf(userId, conversationId);
    const turns = [...(this.#turns.get(name) ?? []), [...turn]];
    while (turns.length > 0 && this.#isTooLong(turns)) turns.shift();
    // Inserted last, because a Map keeps the order of insertion.
    this.#turns.delete(name);
    this.#turns.set(name, turns);
    const [oldest] = this.#turns.keys();
    if (this.#turns.size > this.#bounds.maxConversations && oldest !== undefined) this.#turns.delete(oldest);
  }

  #isTooLong(turns: readonly ModelMessage[][]): boolean {
    const { maxMessages, maxCharacters } = this.#bounds;
    return (
      turns.reduce((sum, turn) => sum + turn.length, 0) > maxMessages || JSON.stringify(turns).length > maxCharacters
    );
  }
}

/** A name that is different for each pair. */
const nameOf = (userId: string, conversationId: string): string => JSON.stringify([userId, conversationId]);
