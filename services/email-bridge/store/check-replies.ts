import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { ReplyRow } from '../domain/representation.ts';
import type { Email } from '../domain/state.ts';
import { emailJson, now, replyJson } from './columns.ts';
import { emailOf, type Row } from './rows.ts';

/** Which e-mails are looked at: those with these ids, or all that are not older. Of one user, or, for null, of the customer. */
export interface Selection {
  readonly customer_id: string;
  readonly user_id: string | null;
  readonly ids: readonly string[] | null;
  readonly since: string | null;
}

const selected = `e.customer_id = $1 and ($2::text is null or e.user_id = $2) and ($3::uuid[] is null or e.id = any($3)) and ($4::timestamptz is null or e.created_at >= $4) and e.token is not null`;
const values = ({ customer_id, user_id, ids, since }: Selection): unknown[] => [customer_id, user_id, ids, since];

const known = statement('check.known', `select e.id from email e where ${selected}`);
/** Of the ids asked for, those that there are. */
export async function knownAmong(tx: Tx, selection: Selection): Promise<Set<string>> {
  return new Set((await tx.run<{ id: string }>(known, values(selection))).map(({ id }) => id));
}

/**
 * Each reply is new to one check only: whoever sets `notified_at` has it. Of two checks at once the one does not wait for the other, and takes what
 * that has not taken. The oldest are taken first, for what is too much for one answer comes with the next; they are shown as `newestReplies` are.
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
export async function takeNewReplies(
  tx: Tx,
  selection: Selection,
  virtualNow: Date | null,
  limit: number,
): Promise<ReplyRow[]> {
  return (await tx.run<{ row: ReplyRow }>(take, [...values(selection), virtualNow, limit]))
    .map(({ row }) => row)
    .toSorted(newestFirst);
}
const newestFirst = (a: ReplyRow, b: ReplyRow): number =>
  a.received_at === b.received_at ? (a.id < b.id ? 1 : -1) : a.received_at < b.received_at ? 1 : -1;

const newest = statement(
  'check.newest',
  `select ${replyJson('r')} as row from reply r join email e on e.customer_id = r.customer_id and e.id = r.email_id
    where ${selected} and r.customer_id = $1 order by r.received_at desc, r.id desc limit $5`,
);
export async function newestReplies(tx: Tx, selection: Selection, limit: number): Promise<ReplyRow[]> {
  return (await tx.run<{ row: ReplyRow }>(newest, [...values(selection), limit])).map(({ row }) => row);
}

/**
 * Who has answered follows from the status (`domain/outcome.ts`), so that this need not look at the recipients. What ended without everybody's
 * answer stands after what still may be answered in time.
 */
const unanswered = statement(
  'check.unanswered',
  `select ${emailJson('e')} as row from email e
    where ${selected} and e.expect_reply and e.status not in ('all_replied', 'cancelled') order by e.status in ('expired', 'bounced'), e.created_at, e.id limit $5`,
);
export async function unansweredEmails(tx: Tx, selection: Selection, limit: number): Promise<Email[]> {
  return (await tx.run<{ row: Row }>(unanswered, [...values(selection), limit])).map(({ row }) => emailOf(row));
}
