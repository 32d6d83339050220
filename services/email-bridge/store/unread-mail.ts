import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * Messages whose reading has begun and not succeeded, and messages that were set aside because it failed too often. The
 * table belongs to the installation, not to a customer: whose message it is would stand in what cannot be read.
 */
export interface UnreadMail {
  /** The same for each delivery of the message. */
  readonly key: string;
  readonly via: 'smtp' | 'lmtp' | 'imap' | 'webhook';
  /** '' for the null reverse-path, and where there is no envelope. */
  readonly reverse_path: string;
  readonly recipients: readonly string[];
  readonly size: number;
}

/** Of what was set aside, so that nobody can fill the disk with it. */
const MAX_SET_ASIDE = 1_000;

const count = statement(
  'unread.count',
  `insert into unread_mail as u (key, via, reverse_path, recipients, size, tries, received_at)
   values ($1, $2, $3, $4, $5, 1, now())
   on conflict (key) do update set tries = u.tries + 1
   returning tries`,
);

/** Committed before the message is touched, so that a try counts that ends this process. @returns the tries so far */
export async function countTry(tx: Tx, { key, via, reverse_path, recipients, size }: UnreadMail): Promise<number> {
  const values = [key, via, reverse_path, JSON.stringify(recipients), size];
  const [row] = await tx.run<{ tries: number }>(count, values);
  return (row as { tries: number }).tries;
}

const forget = statement('unread.forget', 'delete from unread_mail where key = $1');

/** The message was read. */
export async function forgetTries(tx: Tx, key: string): Promise<void> {
  await tx.run(forget, [key]);
}

const uncount = statement('unread.uncount', 'update unread_mail set tries = tries - 1 where key = $1');

/** The last try failed for a reason that is none of the message. */
export async function uncountTry(tx: Tx, key: string): Promise<void> {
  await tx.run(uncount, [key]);
}

const set = statement(
  'unread.set_aside',
  `update unread_mail set set_aside_at = now(), reason = $2, head = $3 where key = $1 and set_aside_at is null
   returning key`,
);
const prune = statement(
  'unread.prune',
  `delete from unread_mail where key in (
     select key from unread_mail where set_aside_at is not null order by set_aside_at desc, key offset ${MAX_SET_ASIDE})`,
);

/** @param head the first bytes of the message. @returns false if it was set aside before */
export async function setAside(tx: Tx, key: string, reason: string, head: Uint8Array): Promise<boolean> {
  const rows = await tx.run(set, [key, reason, head]);
  await tx.run(prune);
  return rows.length > 0;
}

/** Counts of tries that nobody has gone on with: no sender tries for as long as this. */
const ABANDONED_DAYS = 30;
const expire = statement(
  'unread.expire',
  `with aside as (delete from unread_mail where set_aside_at < now() - make_interval(days => $1) returning 1),
        abandoned as (delete from unread_mail where set_aside_at is null
          and received_at < now() - make_interval(days => ${ABANDONED_DAYS}))
   select count(*)::int as aside from aside`,
);

/** Deletes what was set aside before so many days. @returns how many messages that were */
export async function deleteOldSetAside(tx: Tx, days: number): Promise<number> {
  const [row] = await tx.run<{ aside: number }>(expire, [days]);
  return row?.aside ?? 0;
}
