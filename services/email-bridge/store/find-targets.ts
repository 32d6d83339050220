import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

export interface Target {
  readonly customer_id: string;
  readonly id: string;
  readonly by: 'token' | 'reference';
}

/** A message names no customer: these two say whose it is. In one order, so that two messages lock the same e-mails one after the other. */
const byToken = statement(
  'email.by_token',
  'select customer_id, id from email where token = any($1::text[]) order by customer_id, id',
);
const byMessageId = statement(
  'message.by_message_id',
  'select customer_id, email_id as id, message_id from message where message_id = any($1::text[])',
);

/**
 * Whom a message from outside belongs to: every e-mail that one of the tokens is of; else the one whose message it names first, which is the
 * closest in its thread.
 */
export async function findTargets(tx: Tx, tokens: readonly string[], references: readonly string[]): Promise<Target[]> {
  const addressed = tokens.length > 0 ? await tx.run<{ customer_id: string; id: string }>(byToken, [tokens]) : [];
  if (addressed.length > 0 || references.length === 0) return addressed.map((it) => ({ ...it, by: 'token' }));
  const named = await tx.run<{ customer_id: string; id: string; message_id: string }>(byMessageId, [references]);
  const closest = references
    .map((reference) => named.find((it) => it.message_id === reference))
    .find((it) => it !== undefined);
  return closest ? [{ customer_id: closest.customer_id, id: closest.id, by: 'reference' }] : [];
}
