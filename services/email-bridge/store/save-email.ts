import type { EventEnvelope } from '@missions/contracts/event.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Effect, Moved } from '../domain/decision.ts';
import type { State } from '../domain/state.ts';
import { columnList, rowOf } from './columns.ts';

/** The e-mail and its cancellation can both be the first command for it, and then neither has a row to lock. */
const insert = statement(
  'email.insert',
  `insert into email (${columnList()}, traceparent)
   select ${columnList('x')}, $2 from jsonb_populate_record(null::email, $1) x on conflict do nothing returning 1`,
);
const update = statement(
  'email.update',
  `update email e set (${columnList()}) = (select ${columnList('x')} from jsonb_populate_record(null::email, $4) x)
    where e.customer_id = $1 and e.id = $2 and e.version = $3 returning 1`,
);
const queueMessage = statement(
  'message.queue',
  `insert into message (customer_id, id, email_id, number, message_id, status, deliveries, body_text, body_html,
     next_attempt_at, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
);
/** Ends the lease. A message that was dropped during the attempt stays dropped, but shows what the server accepted. */
const recordAttempt = statement(
  'message.settle',
  `update message set status = $3, deliveries = $4, sent_at = coalesce(sent_at, $5), next_attempt_at = $6,
     last_error = $7, locked_until = null, offered = '[]'
    where customer_id = $1 and id = $2`,
);
const dropQueued = statement(
  'message.drop',
  `update message set status = 'dropped', next_attempt_at = null
    where customer_id = $1 and email_id = $2 and status = 'queued'`,
);
const storeReply = statement(
  'reply.keep',
  `insert into reply (customer_id, id, email_id, message_id, kind, from_address, from_name, received_at, snippet,
     body_text, recipient, authentication, noted, reading)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
);
const assignAddresses = statement(
  'reply_address.assign',
  `insert into reply_address (token, customer_id, email_id, recipient)
   select t.token, $1, $2, t.recipient from jsonb_to_recordset($3) as t(token text, recipient text)`,
);

/**
 * Writes the e-mail, its messages and replies, in the transaction that locked the e-mail. False if there was no row to
 * lock, and another transaction has inserted one meanwhile: load and decide again.
 */
export async function saveEmail(
  tx: Tx,
  before: State,
  { next, effects }: Moved,
  traceparent?: string,
): Promise<boolean> {
  const row = JSON.stringify(rowOf(next));
  const [written] =
    before === null
      ? await tx.run(insert, [row, traceparent ?? null])
      : await tx.run(update, [before.customer_id, before.id, before.version, row]);
  if (!written) {
    if (before !== null) throw new Error(`e-mail ${before.id} was changed by another transaction under its lock`);
    return false;
  }
  for (const effect of effects) await write(tx, next, effect);
  return true;
}

/** To be called after `saveEmail`: `email.all_replied` contains the reply that was stored last. */
export const saveEvents = (tx: Tx, events: readonly EventEnvelope[]): Promise<void> => appendToOutbox(tx, events);

async function write(tx: Tx, { customer_id, id }: Moved['next'], effect: Effect): Promise<void> {
  switch (effect.kind) {
    case 'queue': {
      const { message, body_text, body_html } = effect;
      const { number, message_id, status, created_at } = message;
      const deliveries = JSON.stringify(message.deliveries);
      const key = [customer_id, message.id, id, number, message_id];
      await tx.run(queueMessage, [...key, status, deliveries, body_text, body_html, created_at]);
      return;
    }
    case 'record_attempt': {
      const { message, sent_at, retry_at, last_error } = effect;
      const deliveries = JSON.stringify(message.deliveries);
      const result = [message.status, deliveries, sent_at, retry_at, last_error];
      await tx.run(recordAttempt, [customer_id, message.id, ...result]);
      return;
    }
    case 'drop_queued':
      await tx.run(dropQueued, [customer_id, id]);
      return;
    case 'store_reply': {
      const { message_id, kind, recipient, from_address, from_name, received_at, snippet, body_text } = effect.reply;
      const { authentication, noted, reading } = effect.reply;
      const key = [customer_id, effect.reply.id, id, message_id];
      const text = [kind, from_address, from_name, received_at, snippet, body_text];
      const checks = authentication && JSON.stringify(authentication);
      await tx.run(storeReply, [...key, ...text, recipient, checks, noted, reading && JSON.stringify(reading)]);
      return;
    }
    case 'assign_addresses':
      await tx.run(assignAddresses, [customer_id, id, JSON.stringify(effect.tokens)]);
      return;
    case 'announce':
    case 'set_timer':
    case 'cancel_timer':
      return;
    default:
      return effect satisfies never;
  }
}
