import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** Whose recipients are counted: an agent's, a customer's or a user's. In this order their rows are locked. */
export const mailScopes = ['agent', 'customer', 'user'] as const;
export type MailScope = (typeof mailScopes)[number];

const now = (parameter: string): string => `coalesce(${parameter}::timestamptz, now())`;

/**
 * Adds to the counts of today, which is a day of the database's clock in UTC. The rows stay locked until the transaction
 * ends, so that senders of the same moment count one after the other, and a mail that is refused has counted nothing.
 */
const count = statement(
  'mail.count',
  `insert into mail_day as d (customer_id, scope, name, day, recipients)
   select $1, x.scope, x.name, (${now('$5')} at time zone 'UTC')::date, $4
     from unnest($2::text[], $3::text[]) with ordinality as x (scope, name, place) order by x.place
   on conflict (customer_id, scope, name, day) do update set recipients = d.recipients + excluded.recipients
   returning d.scope, d.recipients,
     ceil(extract(epoch from (d.day + 1)::timestamp at time zone 'UTC' - ${now('$5')}))::int as seconds_left,
     iso((d.day + 1)::timestamp at time zone 'UTC') as resets_at,
     case when d.scope = 'customer' then (select mail from customer_quota where customer_id = $1) end as quota`,
);

export interface MailCount {
  readonly scope: MailScope;
  /** Today's, those of this mail included. */
  readonly recipients: number;
  /** When the day ends, and in how many seconds. */
  readonly resets_at: string;
  readonly seconds_left: number;
  /** The customer's own limit, instead of that for all customers. */
  readonly quota: number | null;
}

/** @param names by scope: who sends. @param virtualNow the time of a virtual clock, or null for the database's */
export async function countRecipients(
  tx: Tx,
  customerId: string,
  names: Readonly<Partial<Record<MailScope, string>>>,
  recipients: number,
  virtualNow: Date | null,
): Promise<MailCount[]> {
  const scopes = mailScopes.filter((scope) => names[scope] !== undefined);
  const values = [customerId, scopes, scopes.map((scope) => names[scope]), recipients, virtualNow];
  return await tx.run<MailCount>(count, values);
}

const FOLLOW_UP_EVERY = `interval '4 hours'`;

const follow = statement(
  'mail.follow_up',
  `insert into mail_follow_up as f (customer_id, tracking_id, at) values ($1, $2, ${now('$3')})
   on conflict (customer_id, tracking_id) do update set at = excluded.at
    where f.at <= excluded.at - ${FOLLOW_UP_EVERY} returning 1`,
);
const next = statement(
  'mail.next_follow_up',
  `select iso(at + ${FOLLOW_UP_EVERY}) as at, ceil(extract(epoch from at + ${FOLLOW_UP_EVERY} - ${now('$3')}))::int as seconds
     from mail_follow_up where customer_id = $1 and tracking_id = $2`,
);

/** Undefined if the e-mail may be followed up now, which is noted; otherwise when it may be. */
export async function noteFollowUp(
  tx: Tx,
  customerId: string,
  trackingId: string,
  virtualNow: Date | null,
): Promise<{ at: string; seconds: number } | undefined> {
  const values = [customerId, trackingId, virtualNow];
  if ((await tx.run(follow, values)).length > 0) return undefined;
  const [row] = await tx.run<{ at: string; seconds: number }>(next, values);
  return row;
}

const prune = statement(
  'mail.prune',
  `with days as (delete from mail_day where day < (now() at time zone 'UTC')::date - 7)
   delete from mail_follow_up where at < now() - interval '1 day'`,
);

/** Forgets counts that no limit looks at any more. */
export async function pruneMailCounts(tx: Tx): Promise<void> {
  await tx.run(prune);
}
