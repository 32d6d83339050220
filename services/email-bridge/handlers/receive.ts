import type { Tx } from '@missions/persistence/transaction.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import type { Context } from './context.ts';

export interface Matched {
  readonly customer_id: string;
  readonly tracking_id: string;
  /** false: it had been stored before, or is nothing to be stored. */
  readonly stored: boolean;
}

/**
 * Takes a message in: what it belongs to is changed, and told, in ONE transaction, and what is committed when this resolves may be acknowledged.
 * `alongside` runs in that transaction, also when the message belongs to nothing.
 */
export function receive(_context: Context, _message: IncomingMessage, _alongside?: (tx: Tx) => Promise<void>): Promise<Matched[]> {
  throw new Error('not yet');
}

/** Whether the address is a reply address whose token is known: for RCPT. */
export function acceptsRecipient(_context: Context, _address: string): Promise<boolean> {
  throw new Error('not yet');
}
