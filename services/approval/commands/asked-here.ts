import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';

/** The event is some milliseconds behind the call. */
const REMEMBERED = 1_000;

/**
 * The questions that this process has just stored because the gateway called. The event of such a question, which is on
 * its way, would find it stored: it needs neither a transaction of five statements nor a row of the inbox. What is
 * forgotten, or was stored by another process, is decided by the database as ever.
 */
export class AskedHere {
  readonly #keys = new Set<string>();

  /** Call it after the commit. */
  remember(question: Pick<AskedInputRequest, 'customer_id' | 'id'>): void {
    this.#keys.add(keyOf(question));
    if (this.#keys.size <= REMEMBERED) return;
    const [oldest] = this.#keys;
    if (oldest !== undefined) this.#keys.delete(oldest);
  }

  has(question: Pick<AskedInputRequest, 'customer_id' | 'id'>): boolean {
    return this.#keys.has(keyOf(question));
  }
}

const keyOf = ({ customer_id, id }: Pick<AskedInputRequest, 'customer_id' | 'id'>): string => `${id} ${customer_id}`;
