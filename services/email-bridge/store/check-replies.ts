import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { TrackedReply } from '../domain/representation.ts';
import type { Email } from '../domain/state.ts';
import { emailJson, emailOf, now, replyJson, type Row } from './columns.ts';

/**
 * The e-mails to check: those with these ids, or all since a time; of one user, or, if `user_id` is null, of the
 * customer.
 */
export interface Selection {
  readonly customer_id: string;
  readonly user_id: string | null;
  readonly ids: readonly string[] | null;
  readonly since: string | null;
}

const selected = `e.customer_id = $1 and ($2::text is null or e.user_id = $2)
  and ($3::uuid[] is null or e.id = any($3)) and ($4::timestamptz is null or e.created_at >= $4)
  and e.token is not null`;
const values = ({ customer_id, user_id, ids, since }: Selection): unknown[] => [customer_id, user_id, ids, since];

const known = statement('check.known', `select e.id from email e where ${selected}`);

export async function existingIds(tx: Tx, selection: Selection): Promise<Set<string>> {
  return new Set((await tx.run<{ id: string }>(known, values(selection))).map(({ id }) => id));
}

/**
 * Each reply is new to one check only: the check that sets `notified_at`. Two checks at once do not wait for each
 * other; each takes the replies that the other has not taken. The oldest are taken first, because those above the limit
 * are taken by the next check.
 */
const take = statement(
  'check.take',
  `with fresh as (
     select r.customer_id, r.id from reply r join email e on e.customer_id = r.customer_id and e.id = r.email_id
      where ${selected} and r.notified_at is null order by r.received_at, r.id limit $6 for update of r skip locked)
   update reply r set notified_at = ${now('$5')} from fresh
    where r.customer_id = fresh.customer_id and r.id = fresh.id and r.customer_id = $1 and r.notified_at is null
   returning ${replyJson('r')} as row`,
);

/** Newest first, as `newestReplies`. */
export async function takeNewReplies(
  tx: Tx,
  selection: Selection,
  virtualNow: Date | null,
  limit: number,
): Promise<TrackedReply[]> {
  const rows = await tx.run<{ row: TrackedReply }>(take, [...values(selection), virtualNow, limit]);
  return rows.map(({ row }) => row).toSorted(newestFirst);
}

const newestFirst = (a: TrackedReply, b: TrackedReply): number =>
  a.received_at === b.received_at ? (a.id < b.id ? 1 : -1) : a.received_at < b.received_at ? 1 : -1;

const newest = statement(
  'check.newest',
  `select ${replyJson('r')} as row from reply r join email e on e.customer_id = r.customer_id and e.id = r.email_id
    where ${selected} and r.customer_id = $1 order by r.received_at desc, r.id desc limit $5`,
);

export async function newestReplies(tx: Tx, selection: Selection, limit: number): Promise<TrackedReply[]> {
  const rows = await tx.run<{ row: TrackedReply }>(newest, [...values(selection), limit]);
  return rows.map(({ row }) => row);
}

/**
 * The status says whether everybody has replied (`domain/outcomes.ts`), so the statement need not look at the
 * recipients. E-mails whose wait ended without a reply of everybody come after those that may still be replied to in
 * time.
 */
const unanswered = statement(
  'check.unanswered',
  `select ${emailJson('e')} as row from email e
    where ${selected} and e.expect_reply and e.status not in ('all_replied', 'cancelled')
    order by e.status in ('expired', 'bounced'), e.created_at, e.id limit $5`,
);

export async function unansweredEmails(tx: Tx, selection: Selection, limit: number): Promise<Email[]> {
  const rows = await tx.run<{ row: Row }>(unanswered, [...values(selection), limit]);
  return rows.map(({ row }) => emailOf(row));
}
