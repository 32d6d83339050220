import type { NoticeMail, NoticeMailState, WithdrawnNoticeState } from '@missions/contracts/email/notices.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { now } from './columns.ts';

/** A queued notice that this process has leased. */
export interface ClaimedNotice {
  readonly customer_id: string;
  readonly id: string;
  readonly mission_id: string | null;
  readonly to_address: string;
  readonly token: string;
  readonly subject: string;
  readonly body_text: string;
  readonly body_html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly created_at: string;
  /** Null: none, or of before they were named. */
  readonly quiet: NonNullable<NoticeMail['quiet']> | null;
  /** Including the one that this claim is for. */
  readonly attempts: number;
}

const insert = statement(
  'mail_notice.insert',
  `insert into notice (customer_id, id, user_id, mission_id, to_address, token, subject, body_text, body_html, headers,
     language, quiet, status, next_attempt_at, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'queued', ${now('$13')}, ${now('$13')})
   on conflict do nothing`,
);
const read = statement('mail_notice.read', 'select status from notice where customer_id = $1 and id = $2');

export interface NewNotice extends NoticeMail {
  readonly customer_id: string;
  readonly token: string;
}

/** Queues the notice, unless it is known. @returns how it stands */
export async function queueNotice(tx: Tx, it: NewNotice, virtualNow: Date | null): Promise<NoticeMailState> {
  const quiet = it.quiet && JSON.stringify(it.quiet);
  const texts = [it.subject, it.text, it.html, JSON.stringify(it.headers), it.language ?? 'en', quiet];
  await tx.run(insert, [it.customer_id, it.id, it.user_id, it.mission_id, it.to, it.token, ...texts, virtualNow]);
  const [row] = await tx.run<NoticeMailState>(read, [it.customer_id, it.id]);
  if (!row) throw new Error(`the notice ${it.id} is gone while it is queued`);
  return row;
}

const withdraw = statement(
  'mail_notice.withdraw',
  `insert into notice (customer_id, id, user_id, to_address, token, subject, body_text, body_html, headers, status, created_at)
   values ($1, $2, $3, '', $4, '', '', '', '{}', 'withdrawn', ${now('$5')})
   on conflict (customer_id, id) do update set status = 'withdrawn', next_attempt_at = null, locked_until = null,
     body_text = '', body_html = ''
     where notice.status = 'queued' and (notice.leaving_until is null or notice.leaving_until <= ${now('$5')})`,
);
const stands = statement(
  'mail_notice.stands',
  `select case status when 'queued' then 'leaving' else status end as status, leaving_until is not null as left
     from notice where customer_id = $1 and id = $2`,
);
/**
 * A tombstone keeps a notice back whose request comes later. One that a server is taking at this moment is not kept back:
 * what becomes of it is not known yet.
 */
export async function keepNoticeBack(
  tx: Tx,
  it: { readonly customer_id: string; readonly id: string; readonly user_id: string; readonly token: string },
  virtualNow: Date | null,
): Promise<WithdrawnNoticeState> {
  await tx.run(withdraw, [it.customer_id, it.id, it.user_id, it.token, virtualNow]);
  const [row] = await tx.run<WithdrawnNoticeState & { left: boolean }>(stands, [it.customer_id, it.id]);
  const status = row?.status ?? 'withdrawn';
  return { status, ...(status === 'withdrawn' && row?.left && { may_have_left: true }) };
}

const claim = statement(
  'mail_notice.claim',
  `with due as (
     select customer_id, id from notice
      where status = 'queued' and next_attempt_at <= ${now('$1')}
        and (locked_until is null or locked_until <= ${now('$1')})
      order by next_attempt_at limit $2 for update skip locked)
   update notice n set locked_until = ${now('$1')} + make_interval(secs => $3), attempts = n.attempts + 1
     from due where n.customer_id = due.customer_id and n.id = due.id
   returning n.customer_id, n.id, n.mission_id, n.to_address, n.token, n.subject, n.body_text, n.body_html, n.headers,
     n.quiet, n.attempts, iso(n.created_at) as created_at`,
);
export const claimNotices = (
  tx: Tx,
  virtualNow: Date | null,
  limit: number,
  leaseSeconds: number,
): Promise<ClaimedNotice[]> => tx.run<ClaimedNotice>(claim, [virtualNow, limit, leaseSeconds]);

const leave = statement(
  'mail_notice.leave',
  `update notice set leaving_until = ${now('$3')} + make_interval(secs => $4)
    where customer_id = $1 and id = $2 and status = 'queued' returning 1`,
);
/** From here on it cannot be withdrawn, until what became of it is known. @returns whether it may leave */
export const beginLeaving = async (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedNotice, 'customer_id' | 'id'>,
  virtualNow: Date | null,
  seconds: number,
): Promise<boolean> => (await tx.run(leave, [customer_id, id, virtualNow, seconds])).length > 0;

const end = statement(
  'mail_notice.end',
  `update notice set status = $3, next_attempt_at = null, locked_until = null, leaving_until = null, last_error = $4, body_text = '',
     body_html = '', sent_at = case when $3 = 'sent' then ${now('$5')} end
    where customer_id = $1 and id = $2 and status = 'queued'`,
);
export const endNotice = (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedNotice, 'customer_id' | 'id'>,
  status: 'sent' | 'failed',
  why: string,
  virtualNow: Date | null,
): Promise<unknown> => tx.run(end, [customer_id, id, status, why, virtualNow]);

const later = statement(
  'mail_notice.later',
  `update notice set locked_until = null, leaving_until = null, last_error = $3, next_attempt_at = ${now('$5')} + make_interval(secs => $4)
    where customer_id = $1 and id = $2 and status = 'queued'`,
);
export const postponeNotice = (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedNotice, 'customer_id' | 'id'>,
  why: string,
  seconds: number,
  virtualNow: Date | null,
): Promise<unknown> => tx.run(later, [customer_id, id, why, seconds, virtualNow]);

const hold = statement(
  'mail_notice.hold',
  `update notice set locked_until = null, attempts = attempts - 1, next_attempt_at = $3
    where customer_id = $1 and id = $2 and status = 'queued'`,
);
/** Until quiet hours are over; the claim counts as no attempt. */
export const holdNotice = (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedNotice, 'customer_id' | 'id'>,
  until: Date,
): Promise<unknown> => tx.run(hold, [customer_id, id, until]);

export interface RepliedNotice {
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string | null;
  readonly to_address: string;
  readonly subject: string;
  readonly language: string;
}
const replied = statement(
  'mail_notice.replied',
  `update notice set reply_told_at = ${now('$2')} where token = any($1::text[]) and reply_told_at is null
   returning customer_id, user_id, mission_id, to_address, subject, language`,
);
/** The notices that were replied to for the first time. */
export const firstReplies = (tx: Tx, tokens: readonly string[], virtualNow: Date | null): Promise<RepliedNotice[]> =>
  tx.run<RepliedNotice>(replied, [tokens, virtualNow]);

const known = statement('mail_notice.known', 'select 1 from notice where token = any($1::text[]) limit 1');
export const isNoticeToken = async (tx: Tx, tokens: readonly string[]): Promise<boolean> =>
  (await tx.run(known, [tokens])).length > 0;
