import type { Usage } from '@missions/contracts/scheduler/limits.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { currentTime } from '../../store/sql-clock.ts';
import { PURGE_BATCH } from './runs.ts';

/**
 * What agents may do in a day, when, and what they have done (decisions 0033 and 0037). A limit's row is of a customer,
 * of a user (`user_id`), or of a mission (`mission_id` too); all that fit a run count. The day of a limit begins at the
 * midnight of its user or customer, by the database's own tables of zones.
 */
const zone = `coalesce((select z.zone from user_zone z where z.customer_id = l.customer_id and z.user_id = l.user_id), 'UTC')`;
const dayBegins = (at: string): string => `(date_trunc('day', ${at} at time zone ${zone}) at time zone ${zone})`;
const dayEnds = (at: string): string =>
  `((date_trunc('day', ${at} at time zone ${zone}) + interval '1 day') at time zone ${zone})`;

const fits = (row: string): string => `l.customer_id = ${row}.customer_id and l.user_id in ('', ${row}.user_id)
  and l.mission_id in ('', ${row}.mission_id::text)`;
const counted = (row: string): string => `${row}.customer_id = l.customer_id and l.user_id in ('', ${row}.user_id)
  and l.mission_id in ('', ${row}.mission_id::text)`;

/** SQL: the tokens or the cost of a limit are used up. */
const used = (at: string): string => `exists (select from run_usage u
  where ${counted('u')} and u.at >= ${dayBegins(at)}
  having sum(u.input_tokens + u.output_tokens) >= l.max_tokens
      or sum(u.cost) filter (where u.currency = l.currency) >= l.max_cost)
  or l.max_tokens = 0 or l.max_cost = 0`;

/** A claim that is on its way to its grant counts, and one that was given back does not. */
const runsAreUp = (at: string): string => `(select count(*) from run c
  where ${counted('c')} and c.claimed_at >= ${dayBegins(at)} and (c.fence is not null or c.status = 'claimed'))
  >= l.max_runs`;

const NOW = '(select at from now)';
const isQueued = (row: string): string =>
  `${row}.customer_id = $1 and ${row}.lease_expires_at is null and ${row}.finished_at is null`;

/**
 * SQL of the parts of a `with` that say which limits of the customer `$1` let no queued run go at the moment of `now`,
 * and until when; null where the next hours are not known yet. Each limit is counted once, however many runs it fits.
 */
export const closedLimits = `
   limits as materialized (select l.*, coalesce(${runsAreUp(NOW)} or ${used(NOW)}, false) as spent,
       coalesce(not (${NOW} >= l.opens_at and ${NOW} < l.closes_at), false) as is_outside
     from run_limit l
     where l.customer_id = $1 and exists (select from run q where ${isQueued('q')} and ${fits('q')})),
   closed as materialized (select l.customer_id, l.user_id, l.mission_id, greatest(
       case when l.spent then ${dayEnds(NOW)} end, case when l.is_outside and l.opens_at > ${NOW} then l.opens_at end) as until,
       case when l.spent then ${dayEnds(NOW)} end as renews_at
     from limits l where l.spent or l.is_outside)`;

/**
 * SQL condition: none of the limits of `closedLimits` fits the row. The statement that claims a run asks this itself,
 * under the lock of the customer's claims: a run that was queued after others were held was seen by no statement before.
 */
export const isOpenFor = (row: string): string => `not exists (select from closed l where ${fits(row)})`;

const hold = statement(
  'scheduler.hold_runs',
  `with now as materialized (select ${currentTime('$2')}::timestamptz(3) as at), ${closedLimits},
   held as (select q.id, max(l.until) as until, max(l.renews_at) as renews_at from run q join closed l on ${fits('q')}
     where ${isQueued('q')} and (q.held_until is null or q.held_until <= ${NOW}) group by q.id
     union all select q.id, null, null from run q
      where ${isQueued('q')} and q.budget_until is not null and (q.held_until is null or q.held_until <= ${NOW})
        and ${isOpenFor('q')})
   update run r set held_until = coalesce(held.until, r.held_until), budget_until = held.renews_at from held
     where r.id = held.id and (held.until is not null or r.budget_until is not null) and ${isQueued('r')} returning 1`,
);

/**
 * Holds the queued runs of a customer whose budget is spent until it renews, and those that are outside of their hours
 * until these begin. `budget_until` marks which of them a budget holds (`budget-marks.ts`). Called after the lock that
 * lets one claim of the customer in at a time: it sees every run that was granted.
 */
export async function holdRuns(tx: Tx, customerId: string, virtualNow: Date | null): Promise<void> {
  await tx.run(hold, [customerId, virtualNow]);
}

const release = statement(
  'scheduler.release_held_runs',
  `with free as (update run set held_until = null where held_until <= ${currentTime('$1')} returning customer_id)
   select distinct customer_id from free`,
);
/** Runs whose budget has renewed, or whose hours have begun, may be claimed again. Answers their customers. */
export async function releaseHeldRuns(tx: Tx, virtualNow: Date | null): Promise<string[]> {
  return (await tx.run<{ customer_id: string }>(release, [virtualNow])).map(({ customer_id }) => customer_id);
}

/** Reports of one run come one after another: each counts on from the one before. */
const lockReports = statement(
  'scheduler.lock_reports',
  'select from run where id = $1::uuid and fence = $2 for no key update',
);
/** `run.cost` is kept for copies of the version before, which counted on from it whatever the currency was. */
const report = statement(
  'scheduler.report_usage',
  `with now as materialized (select ${currentTime('$7')}::timestamptz(3) as at),
   had as materialized (select coalesce(sum(u.cost), 0) as cost from run r
       join run_usage u on u.mission_id = r.mission_id and u.run_id = r.id and u.currency = $6 where r.id = $1::uuid),
   r as (update run r set input_tokens = greatest(r.input_tokens, $3::bigint),
       output_tokens = greatest(r.output_tokens, $4::bigint), cost = greatest(r.cost, $5::numeric)
     where r.id = $1::uuid and r.fence = $2 returning r.*, old.input_tokens as had_input, old.output_tokens as had_output)
   insert into run_usage (id, run_id, mission_id, customer_id, user_id, at, input_tokens, output_tokens, cost, currency)
   select $8::uuid, r.id, r.mission_id, r.customer_id, r.user_id, (select at from now), r.input_tokens - r.had_input,
          r.output_tokens - r.had_output, greatest($5::numeric - had.cost, 0), $6 from r, had
    where (r.input_tokens, r.output_tokens) <> (r.had_input, r.had_output) or $5::numeric > had.cost returning 1`,
);

/** Notes what a run has used in total, the cost in each currency; what was noted before is not counted again. */
export async function reportUsage(
  db: Database,
  { id, fence, usage }: { readonly id: string; readonly fence: number; readonly usage: Usage },
  virtualNow: Date | null,
): Promise<void> {
  const { input_tokens, output_tokens, cost } = usage;
  const values = [id, fence, input_tokens, output_tokens, cost?.amount ?? '0', cost?.currency ?? ''];
  await transaction(db, async (tx) => {
    await tx.run(lockReports, [id, fence]);
    await tx.run(report, [...values, virtualNow, newId()]);
  });
}

const purge = statement(
  'scheduler.purge_usage',
  `with old as (select id from run_usage where at < $1 order by at limit ${PURGE_BATCH} for update skip locked),
        gone as (delete from run_usage u using old where u.id = old.id returning 1)
   select count(*)::int as gone from gone`,
);
/** Deletes a batch of what was used before that time. Answers how many rows. */
export async function purgeUsage(tx: Tx, before: Date): Promise<number> {
  return (await tx.run<{ gone: number }>(purge, [before]))[0]?.gone ?? 0;
}

const spent = statement(
  'scheduler.budget_spent',
  `with now as materialized (select ${currentTime('$2')}::timestamptz(3) as at)
   select iso(max(${dayEnds(NOW)})) as renews_at from run r join run_limit l on ${fits('r')}
    where r.id = $1::uuid and (${used(NOW)})`,
);
/** When the budget of a run renews whose tokens or money are used up; undefined if something is left. */
export async function budgetRenewsAt(
  tx: Tx,
  run: Pick<Run, 'id'>,
  virtualNow: Date | null,
): Promise<string | undefined> {
  return (await tx.run<{ renews_at: string | null }>(spent, [run.id, virtualNow]))[0]?.renews_at ?? undefined;
}
