import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { ReplyRow } from '../domain/representation.ts';
import { replyJson } from './columns.ts';

/** What has been stored of a message, and how much else. */
const seen = statement(
  'reply.seen',
  `select exists (select from reply where customer_id = $1 and email_id = $2 and message_id = $3) as seen,
          (select count(*)::int from reply where customer_id = $1 and email_id = $2) as stored`,
);
/** Under the e-mail's lock; else another could store it between this and what is decided from it. */
export async function seenReply(
  tx: Tx,
  customerId: string,
  emailId: string,
  messageId: string,
): Promise<{ seen: boolean; stored: number }> {
  const [row] = await tx.run<{ seen: boolean; stored: number }>(seen, [customerId, emailId, messageId]);
  if (!row) throw new Error('a select without from gave no row');
  return row;
}

const senders = statement(
  'reply.senders',
  `select r.id, r.from_address from reply r where r.customer_id = $1 and r.email_id = $2 and r.kind = 'reply' order by r.received_at, r.id`,
);
/** Of what people replied, the oldest first. */
export const sendersOf = (
  tx: Tx,
  customerId: string,
  emailId: string,
): Promise<{ id: string; from_address: string }[]> => tx.run(senders, [customerId, emailId]);

const byId = statement(
  'reply.by_id',
  `select ${replyJson('r')} as row from reply r where r.customer_id = $1 and r.email_id = $2 and r.id = any($3::uuid[]) order by r.received_at, r.id`,
);
/** In the order in which they came. */
export async function repliesById(
  tx: Tx,
  customerId: string,
  emailId: string,
  ids: readonly string[],
): Promise<ReplyRow[]> {
  return (await tx.run<{ row: ReplyRow }>(byId, [customerId, emailId, ids])).map(({ row }) => row);
}

const isOne = statement(
  'reply.is_one',
  'select 1 from reply where customer_id = $1 and email_id = $2 and id::text = lower($3)',
);
/** @param id of a signal, which may be any text */
export async function isReplyTo(tx: Tx, customerId: string, emailId: string, id: string): Promise<boolean> {
  return (await tx.run(isOne, [customerId, emailId, id])).length > 0;
}

/** People's answers before whatever else came to the address, should that be too much. */
const ofEmails = (text?: string): string =>
  `select row from unnest($2::uuid[]) as e(id), lateral (
     select ${replyJson('r', text)} as row, r.received_at, r.id from reply r where r.customer_id = $1 and r.email_id = e.id
      order by r.kind = 'reply' desc, r.received_at desc, r.id desc limit $3) r
   order by r.received_at desc, r.id desc`;
const whole = statement('reply.of_emails', ofEmails());
const snippets = statement('reply.snippets_of_emails', ofEmails(`''`));

/** At most `perEmail` of each, newest first. */
export async function repliesOf(
  tx: Tx,
  customerId: string,
  emailIds: readonly string[],
  perEmail: number,
): Promise<ReplyRow[]> {
  return (await tx.run<{ row: ReplyRow }>(whole, [customerId, emailIds, perEmail])).map(({ row }) => row);
}

/** The same without their texts ('' stands for them), which of a mission's e-mails together may be 100 MB that nobody is shown. */
export async function snippetsOf(
  tx: Tx,
  customerId: string,
  emailIds: readonly string[],
  perEmail: number,
): Promise<ReplyRow[]> {
  return (await tx.run<{ row: ReplyRow }>(snippets, [customerId, emailIds, perEmail])).map(({ row }) => row);
}
