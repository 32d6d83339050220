import type { NoticeChannel } from '@missions/contracts/notifier/preferences.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Saying } from '../domain/gather.ts';
import type { UserKey } from './people.ts';

export interface QueuedNotice extends UserKey {
  readonly id: string;
  readonly channel: NoticeChannel;
  readonly items: readonly Saying[];
  readonly day: string | null;
}
export interface ClaimedNotice extends QueuedNotice {
  readonly attempts: number;
  /** That have it already. */
  readonly devices: readonly string[] | null;
  /** Milliseconds since 1970. */
  readonly created_at: number;
}

const insert = statement(
  'notice.insert',
  `insert into notice (customer_id, id, user_id, channel, items, day, status, next_attempt_at, created_at)
   select x.customer_id, x.id, x.user_id, x.channel, x.items, x.day, 'queued', $2, $2
     from jsonb_to_recordset($1::jsonb) as x(customer_id text, id uuid, user_id text, channel text, items jsonb, day text)`,
);
export async function queueNotices(tx: Tx, notices: readonly QueuedNotice[], now: Date): Promise<void> {
  if (notices.length > 0) await tx.run(insert, [JSON.stringify(notices), now]);
}

/** Another copy of the service steps over a claimed notice until its lease ends; by then its process is dead. */
const claim = statement(
  'notice.claim',
  `with due as (
     select customer_id, id from notice
      where status = 'queued' and channel = $4 and next_attempt_at <= $1 and (locked_until is null or locked_until <= $1)
      order by next_attempt_at limit $2 for update skip locked)
   update notice n set locked_until = $3, attempts = n.attempts + 1
     from due where n.customer_id = due.customer_id and n.id = due.id
   returning n.customer_id, n.id, n.user_id, n.channel, n.items, n.day, n.attempts, n.devices,
             (extract(epoch from n.created_at) * 1000)::float8 as created_at`,
);
export const claimNotices = (
  tx: Tx,
  channel: NoticeChannel,
  now: Date,
  limit: number,
  lockedUntil: Date,
): Promise<ClaimedNotice[]> => tx.run<ClaimedNotice>(claim, [now, limit, lockedUntil, channel]);

const having = statement(
  'notice.having',
  `update notice set devices = coalesce(devices, '[]') || $3::jsonb, tag = $4 where customer_id = $1 and id = $2`,
);
/** These devices have it now: another attempt leaves them out. */
export const noteDevices = (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedNotice, 'customer_id' | 'id'>,
  devices: readonly string[],
  tag: string,
): Promise<unknown> => tx.run(having, [customer_id, id, JSON.stringify(devices), tag]);

/** What one device shows was said, whatever became of the others. */
const end = statement(
  'notice.end',
  `update notice set status = case when devices is null then $3 else 'sent' end, next_attempt_at = null,
          locked_until = null, last_error = $4,
          sent_at = case when $3 = 'sent' or devices is not null then $5::timestamptz end,
          withdraw_at = case when $3 = 'sent' or devices is not null then withdraw_at end
    where customer_id = $1 and id = $2 and status = 'queued'`,
);
export const endNotice = (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedNotice, 'customer_id' | 'id'>,
  status: 'sent' | 'dropped' | 'failed',
  why: string,
  now: Date,
): Promise<unknown> => tx.run(end, [customer_id, id, status, why, now]);

const later = statement(
  'notice.later',
  `update notice set next_attempt_at = $3, locked_until = null, last_error = $4
    where customer_id = $1 and id = $2 and status = 'queued'`,
);
export const postponeNotice = (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedNotice, 'customer_id' | 'id'>,
  until: Date,
  why: string,
): Promise<unknown> => tx.run(later, [customer_id, id, until, why]);

export type SaidNotice = Pick<ClaimedNotice, 'customer_id' | 'id' | 'user_id' | 'items'>;
export interface WithdrawnNotice extends SaidNotice {
  readonly devices: readonly string[] | null;
  readonly tag: string | null;
  readonly withdraw_attempts: number;
}

/**
 * A notice that is being handed over meanwhile is among them. After three days no mail waits to leave any more; a device
 * may show a message for as long as its push service may keep it.
 */
const lookAt = statement(
  'notice.look_at',
  `with said as (
     select customer_id, id from notice
      where customer_id = $1 and user_id = $2 and created_at > $4::timestamptz - interval '28 days'
        and (channel = 'push' or created_at > $4::timestamptz - interval '3 days') and status in ('queued', 'sent')
        and exists (select 1 from jsonb_array_elements(items) i where i ->> 'id' = any($3::text[]))
      order by id for update)
   update notice n set withdraw_at = $4, withdraw_attempts = 0 from said where n.customer_id = said.customer_id and n.id = said.id`,
);
export const lookAtNotices = (tx: Tx, user: UserKey, subjects: readonly string[], now: Date): Promise<unknown> =>
  tx.run(lookAt, [user.customer_id, user.user_id, subjects, now]);

/** One that is still queued says nothing of what was settled once it leaves. */
const toWithdraw = statement(
  'notice.to_withdraw',
  `select customer_id, id, user_id, items, devices, tag, withdraw_attempts from notice
    where withdraw_at is not null and withdraw_at <= $1 and status = 'sent' and channel = $3
    order by withdraw_at limit $2 for update skip locked`,
);
export const lockToWithdraw = (tx: Tx, channel: NoticeChannel, now: Date, limit: number): Promise<WithdrawnNotice[]> =>
  tx.run<WithdrawnNotice>(toWithdraw, [now, limit, channel]);

const withdrawAt = statement(
  'notice.withdraw_at',
  'update notice set withdraw_at = $3, withdraw_attempts = withdraw_attempts + 1 where customer_id = $1 and id = $2',
);
export const withdrawLater = (tx: Tx, { customer_id, id }: SaidNotice, at: Date | null): Promise<unknown> =>
  tx.run(withdrawAt, [customer_id, id, at]);

const withdrawn = statement(
  'notice.withdrawn',
  `update notice set withdraw_at = null, status = case when $3::text is null then status else 'dropped' end,
          sent_at = case when $3::text is null then sent_at end,
          last_error = coalesce($3::text, last_error)
    where customer_id = $1 and id = $2 and status = 'sent'`,
);
/** @param why null if it has left, or never will by itself */
export const endWithdrawn = (tx: Tx, { customer_id, id }: SaidNotice, why: string | null): Promise<unknown> =>
  tx.run(withdrawn, [customer_id, id, why]);
