import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * Items of others in the inbox of whoever answers for them (specification section 8 "Delegation"): questions, and those
 * alone. Whom a user answers for is known by the approval service, and comes with each call: nothing of it is kept here
 * that could be out of date.
 */
const SHOWN_TO = (item: string): string => `coalesce(${item}.shown_from <= n.now, true)`;

/**
 * SQL of the items of the delegators that stand in the reader's inbox: without a question that the reader is asked in their
 * own right, or has approved, or sees as that of another delegator; nor one that gives an agent more power. The blocker is
 * looked up for each item: `not exists` would be planned as one look at the blockers of everybody.
 */
export const isDelegated = (reader: string, delegators: string): string => `
  i.user_id = any(${delegators}) and i.kind = 'question'
  and not coalesce((select bool_or(b.proposes is not null or coalesce(b.asked -> 'approved' ? ${reader}, false))
    from blocker b
    where b.mission_id = i.mission_id and b.customer_id = i.customer_id and b.key = 'human_input:' || i.request_id), false)
  and not exists (select from inbox_item o
    where o.mission_id = i.mission_id and o.customer_id = i.customer_id and o.request_id = i.request_id
      and o.kind = 'question' and ${SHOWN_TO('o')}
      and (o.user_id = ${reader} or o.user_id = any(${delegators}) and o.ended_at is null and o.key < i.key))`;

/** SQL of an item's marks as `s`: the reader's own, also of somebody else's item. */
export const marksOf = (reader: string): string => `
  left join inbox_mark k on i.user_id <> ${reader} and k.mission_id = i.mission_id and k.key = i.key
    and k.customer_id = i.customer_id and k.user_id = ${reader}
  cross join lateral (select
    case when i.user_id = ${reader} then i.seen_at else k.seen_at end as seen_at,
    case when i.user_id = ${reader} then i.seen_revision else k.seen_revision end as seen_revision,
    case when i.user_id = ${reader} then i.snoozed_until else k.snoozed_until end as snoozed_until,
    case when i.user_id = ${reader} then i.snoozed_revision else k.snoozed_revision end as snoozed_revision) s`;

export type Mark = 'seen' | 'unseen' | { readonly until: string };

const mark = statement(
  'mission.inbox_mark',
  `insert into inbox_mark as k (mission_id, key, user_id, customer_id, seen_at, seen_revision, snoozed_until, snoozed_revision)
   select i.mission_id, i.key, $2, $1, case when $6 = 'seen' then n.now end, case when $6 = 'seen' then i.revision end,
          $7::timestamptz, case when $6 = 'snoozed' then i.revision end
     from inbox_item i, (select coalesce($5::timestamptz, clock_timestamp()) as now) n
    where i.customer_id = $1 and i.mission_id = any($4::uuid[]) and i.mission_id || ':' || i.key = any($3::text[])
      and ${isDelegated('$2', '$8::text[]')}
   on conflict (mission_id, key, user_id) do update set
     seen_at = case when $6 = 'snoozed' or $6 = 'seen' and k.seen_revision = excluded.seen_revision then k.seen_at
                    else excluded.seen_at end,
     seen_revision = case when $6 = 'snoozed' then k.seen_revision else excluded.seen_revision end,
     snoozed_until = case when $6 = 'snoozed' then excluded.snoozed_until else k.snoozed_until end,
     snoozed_revision = case when $6 = 'snoozed' then excluded.snoozed_revision else k.snoozed_revision end
   where k.customer_id = $1`,
);

/** Marks those of the items that are a delegator's. */
export async function markDelegated(
  tx: Tx,
  { customer_id, user_id, delegators }: Reader,
  ids: readonly string[],
  how: Mark,
  now: Date | null,
): Promise<void> {
  const missions = [...new Set(ids.map((id) => id.slice(0, 36)))];
  const [word, until] = typeof how === 'string' ? [how, null] : ['snoozed', how.until];
  await tx.run(mark, [customer_id, user_id, ids, missions, now, word, until, delegators]);
}

/** Whose inbox is read, and whose questions stand in it as well. */
export interface Reader {
  readonly customer_id: string;
  readonly user_id: string;
  readonly delegators: readonly string[];
}
