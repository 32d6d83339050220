import type { EventEnvelope } from '@missions/contracts/event.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Effect, Moved } from '../domain/decision.ts';
import type { State } from '../domain/state.ts';
import { list } from './columns.ts';
import { rowOf } from './rows.ts';

/** Both the mail and a cancellation may be the first that is heard of an e-mail, and neither has a row to lock yet. */
const insert = statement(
  'email.insert',
  `insert into email (${list()}) select ${list('x')} from jsonb_populate_record(null::email, $1) x on conflict do nothing returning 1`,
);
const update = statement(
  'email.update',
  `update email e set (${list()}) = (select ${list('x')} from jsonb_populate_record(null::email, $4) x) where e.customer_id = $1 and e.id = $2 and e.version = $3 returning 1`,
);
const queue = statement(
  'message.queue',
  `insert into message (customer_id, id, email_id, number, message_id, status, deliveries, body_text, body_html, next_attempt_at, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
);
/** The lock goes with the attempt. Dropped meanwhile, it stays dropped, but says what the server had taken by then. */
const settle = statement(
  'message.settle',
  `update message set status = $3, deliveries = $4, sent_at = coalesce(sent_at, $5), next_attempt_at = $6, last_error = $7, locked_until = null
    where customer_id = $1 and id = $2`,
);
const drop = statement(
  'message.drop',
  `update message set status = 'dropped', next_attempt_at = null where customer_id = $1 and email_id = $2 and status = 'queued'`,
);
const keep = statement(
  'reply.keep',
  `insert into reply (customer_id, id, email_id, message_id, kind, from_address, from_name, received_at, snippet, body_text)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);

/** In a transaction that holds the row's lock. Answers false when there was no row to lock, and another has made one meanwhile: decide anew. */
export async function saveEmail(tx: Tx, before: State, { next, effects }: Moved): Promise<boolean> {
  const row = JSON.stringify(rowOf(next));
  const [written] =
    before === null
      ? await tx.run(insert, [row])
      : await tx.run(update, [before.customer_id, before.id, before.version, row]);
  if (!written) {
    if (before !== null) throw new Error(`e-mail ${before.id} was changed by another under its lock`);
    return false;
  }
  for (const effect of effects) await carry(tx, next, effect);
  return true;
}

/** After what they tell of is written, for they are made from that. */
export const saveEvents = (tx: Tx, events: readonly EventEnvelope[]): Promise<void> => appendToOutbox(tx, events);

async function carry(tx: Tx, { customer_id, id }: Moved['next'], effect: Effect): Promise<void> {
  switch (effect.kind) {
    case 'queue': {
      const { message, body_text, body_html } = effect;
      const { number, message_id, status, deliveries, created_at } = message;
      await tx.run(queue, [
        customer_id,
        message.id,
        id,
        number,
        message_id,
        status,
        JSON.stringify(deliveries),
        body_text,
        body_html,
        created_at,
      ]);
      return;
    }
    case 'settle': {
      const { message, sent_at, retry_at, last_error } = effect;
      await tx.run(settle, [
        customer_id,
        message.id,
        message.status,
        JSON.stringify(message.deliveries),
        sent_at,
        retry_at,
        last_error,
      ]);
      return;
    }
    case 'drop':
      await tx.run(drop, [customer_id, id]);
      return;
    case 'keep': {
      const { reply } = effect;
      await tx.run(keep, [
        customer_id,
        reply.id,
        id,
        reply.message_id,
        reply.kind,
        reply.from_address,
        reply.from_name,
        reply.received_at,
        reply.snippet,
        reply.body_text,
      ]);
      return;
    }
    case 'announce':
    case 'set_timer':
    case 'cancel_timer':
      return;
    default:
      return effect satisfies never;
  }
}
