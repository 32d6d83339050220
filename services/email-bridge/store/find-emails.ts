import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Email, State } from '../domain/state.ts';
import { emailJson, emailOf, now, type Row, stateOf } from './columns.ts';

/**
 * Mail arrives in several ways at once, and many commands change one e-mail: they wait for each other at its row, and
 * decide once each.
 */
const lock = statement('email.lock', 'select 1 from email where customer_id = $1 and id = $2 for update');
/** A statement of its own: a statement that waited for the lock would see the messages as they were before the wait. */
const load = statement(
  'email.load',
  `select iso(${now('$3')}) as at,
     (select ${emailJson('e')} from email e where e.customer_id = $1 and e.id = $2) as row,
     (select traceparent from email where customer_id = $1 and id = $2) as traceparent`,
);

export interface Loaded {
  /** The current time: that of `virtualNow`, or, if `virtualNow` is null, of the database's clock. */
  readonly at: string;
  readonly email: State;
  /** Of the request of the e-mail. */
  readonly traceparent?: string | undefined;
}

/** For a change, in the transaction of the change. */
export async function lockEmail(tx: Tx, customerId: string, id: string, virtualNow: Date | null): Promise<Loaded> {
  await tx.run(lock, [customerId, id]);
  return await readEmail(tx, customerId, id, virtualNow);
}

export async function readEmail(tx: Tx, customerId: string, id: string, virtualNow: Date | null): Promise<Loaded> {
  const [found] = await tx.run<{ at: string; row: Row | null; traceparent: string | null }>(load, [
    customerId,
    id,
    virtualNow,
  ]);
  if (!found) throw new Error(`the statement ${load.name} always returns one row, and returned none for e-mail ${id}`);
  return { at: found.at, email: stateOf(found.row), traceparent: found.traceparent ?? undefined };
}

export interface Target {
  readonly customer_id: string;
  readonly id: string;
  readonly by: 'token' | 'reference';
  /** The recipients whose own addresses these tokens are (`addressKey`s), in the order of the tokens. */
  readonly sent_to: readonly string[];
}

/**
 * A message from outside names no customer: these two statements find the customer. The first has a fixed order, so
 * that two messages lock the same e-mails in the same order.
 */
const byToken = statement(
  'email.by_token',
  `select customer_id, id, coalesce(array_agg(recipient order by array_position($1::text[], token))
       filter (where recipient is not null), '{}') as sent_to
     from (select customer_id, id, null as recipient, token from email where token = any($1::text[])
           union all
           select customer_id, email_id, recipient, token from reply_address where token = any($1::text[])) found
    group by customer_id, id order by customer_id, id`,
);
const byMessageId = statement(
  'message.by_message_id',
  'select customer_id, email_id as id, message_id from message where message_id = any($1::text[])',
);

/**
 * The e-mails that a message from outside belongs to: all whose token it is addressed to, or else the one whose message
 * is first in `references`.
 */
export async function findTargets(tx: Tx, tokens: readonly string[], references: readonly string[]): Promise<Target[]> {
  const addressed = tokens.length > 0 ? await tx.run<Omit<Target, 'by'>>(byToken, [tokens]) : [];
  if (addressed.length > 0 || references.length === 0) return addressed.map((email) => ({ ...email, by: 'token' }));
  const named = await tx.run<{ customer_id: string; id: string; message_id: string }>(byMessageId, [references]);
  const closest = references
    .map((reference) => named.find(({ message_id }) => message_id === reference))
    .find((message) => message !== undefined);
  return closest ? [{ customer_id: closest.customer_id, id: closest.id, by: 'reference', sent_to: [] }] : [];
}

/** A message that was sent or received here; of this user only, because anybody may name any Message-ID. */
const thread = statement(
  'email.thread',
  `select e.thread_id from email e where e.customer_id = $1 and e.user_id = $3 and e.id in (
     select m.email_id from message m where m.customer_id = $1 and m.message_id = $2
     union all select r.email_id from reply r where r.customer_id = $1 and r.message_id = $2)
   order by e.created_at limit 1`,
);

/** The thread of the user's message with this Message-ID; null if the user has no such message. */
export async function findThread(
  tx: Tx,
  { customer_id, user_id }: { readonly customer_id: string; readonly user_id: string },
  messageId: string,
): Promise<string | null> {
  const [row] = await tx.run<{ thread_id: string }>(thread, [customer_id, messageId, user_id]);
  return row?.thread_id ?? null;
}

/** Open e-mails first (`isOpen`), then the newest; a mission rarely has more than a few. */
const ofMission = statement(
  'email.of_mission',
  `select ${emailJson('e')} as row from email e
    where e.customer_id = $1 and e.mission_id = $3 and ($2::text is null or e.user_id = $2) and e.token is not null
    order by (e.expect_reply and e.status in ('queued', 'awaiting_reply', 'some_replied', 'followup_sent')) desc,
      e.created_at desc, e.id desc limit $4`,
);

const countOfMission = statement(
  'email.count_of_mission',
  `select count(*)::int as count from email e
    where e.customer_id = $1 and e.mission_id = $3 and ($2::text is null or e.user_id = $2) and e.token is not null`,
);

export async function countEmailsOfMission(
  tx: Tx,
  customerId: string,
  userId: string | null,
  missionId: string,
): Promise<number> {
  const [row] = await tx.run<{ count: number }>(countOfMission, [customerId, userId, missionId]);
  return row?.count ?? 0;
}

export async function emailsOfMission(
  tx: Tx,
  customerId: string,
  userId: string | null,
  missionId: string,
  limit: number,
): Promise<Email[]> {
  const rows = await tx.run<{ row: Row }>(ofMission, [customerId, userId, missionId, limit]);
  return rows.map(({ row }) => emailOf(row));
}
