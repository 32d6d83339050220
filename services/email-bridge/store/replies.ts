import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { TrackedReply } from '../domain/representation.ts';
import { replyJson } from './columns.ts';

const count = statement(
  'reply.seen',
  `select exists (select from reply where customer_id = $1 and email_id = $2 and message_id = $3) as seen,
          (select count(*)::int from reply where customer_id = $1 and email_id = $2) as stored,
          (select count(*)::int from reply where customer_id = $1 and email_id = $2 and noted) as noted`,
);

/**
 * Whether a message with this key is stored for the e-mail already, how many replies the e-mail has, and how many of
 * them were announced as counting for nothing. To be called
 * under the e-mail's lock: otherwise another transaction could store the message before the decision is written.
 */
export async function countReplies(
  tx: Tx,
  customerId: string,
  emailId: string,
  messageKey: string,
): Promise<{ seen: boolean; stored: number; noted: number }> {
  const [row] = await tx.run<{ seen: boolean; stored: number; noted: number }>(count, [
    customerId,
    emailId,
    messageKey,
  ]);
  if (!row) {
    throw new Error(`the statement ${count.name} always returns one row, and returned none for e-mail ${emailId}`);
  }
  return row;
}

const senders = statement(
  'reply.senders',
  `select r.id, r.recipient, r.from_address from reply r
    where r.customer_id = $1 and r.email_id = $2 and r.kind = 'reply' order by r.received_at, r.id`,
);

/** The replies of kind `reply`, the oldest first. */
export const sendersOfReplies = (
  tx: Tx,
  customerId: string,
  emailId: string,
): Promise<{ id: string; recipient: string | null; from_address: string }[]> => tx.run(senders, [customerId, emailId]);

const byId = statement(
  'reply.by_id',
  `select ${replyJson('r')} as row from reply r
    where r.customer_id = $1 and r.email_id = $2 and r.id = any($3::uuid[]) order by r.received_at, r.id`,
);

/** The oldest first. */
export async function repliesById(
  tx: Tx,
  customerId: string,
  emailId: string,
  ids: readonly string[],
): Promise<TrackedReply[]> {
  return (await tx.run<{ row: TrackedReply }>(byId, [customerId, emailId, ids])).map(({ row }) => row);
}

const isReply = statement(
  'reply.is_one',
  'select 1 from reply where customer_id = $1 and email_id = $2 and id::text = lower($3)',
);

/** @param id the id of a signal, which may be any text */
export async function isReplyTo(tx: Tx, customerId: string, emailId: string, id: string): Promise<boolean> {
  return (await tx.run(isReply, [customerId, emailId, id])).length > 0;
}

/** If an e-mail has more replies than the limit, those of kind `reply` are preferred. */
const ofEmails = (text?: string): string =>
  `select row from unnest($2::uuid[]) as e(id), lateral (
     select ${replyJson('r', text)} as row, r.received_at, r.id from reply r
      where r.customer_id = $1 and r.email_id = e.id
      order by r.kind = 'reply' desc, r.received_at desc, r.id desc limit $3) r
   order by r.received_at desc, r.id desc`;
const whole = statement('reply.of_emails', ofEmails());
const snippets = statement('reply.snippets_of_emails', ofEmails(`''`));

/** At most `perEmail` replies of each e-mail, the newest first. */
export async function repliesOf(
  tx: Tx,
  customerId: string,
  emailIds: readonly string[],
  perEmail: number,
): Promise<TrackedReply[]> {
  return (await tx.run<{ row: TrackedReply }>(whole, [customerId, emailIds, perEmail])).map(({ row }) => row);
}

/**
 * As `repliesOf`, with '' for each whole text: the texts of a mission's e-mails together may be 100 MB, and are not
 * shown.
 */
export async function snippetsOf(
  tx: Tx,
  customerId: string,
  emailIds: readonly string[],
  perEmail: number,
): Promise<TrackedReply[]> {
  return (await tx.run<{ row: TrackedReply }>(snippets, [customerId, emailIds, perEmail])).map(({ row }) => row);
}
