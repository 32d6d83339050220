import type { Limits, Usage } from '@missions/contracts/scheduler/limits.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { currentTime } from '../../store/sql-clock.ts';
import type { Owner } from './kill-switch.ts';
import { PURGE_BATCH } from './runs.ts';

/**
 * What agents may do in a day of a user, and what they have done (decision 0033). A limit's row is of a customer, of a
 * user (`user_id`), or of a mission (`mission_id` too); all that fit a run count. Days begin at the user's midnight, by
 * the database's own tables of zones.
 */
const zone = (row: string): string =>
  `coalesce((select z.zone from user_zone z where z.customer_id = ${row}.customer_id and z.user_id = ${row}.user_id), 'UTC')`;
const dayBegins = (row: string, at: string): string =>
  `(date_trunc('day', ${at} at time zone ${zone(row)}) at time zone ${zone(row)})`;
const dayEnds = (row: string, at: string): string =>
  `((date_trunc('day', ${at} at time zone ${zone(row)}) + interval '1 day') at time zone ${zone(row)})`;

const fits = (row: string): string => `l.customer_id = ${row}.customer_id and l.user_id in ('', ${row}.user_id)
  and l.mission_id in ('', ${row}.mission_id::text)`;
const counted = (row: string): string => `${row}.customer_id = l.customer_id and l.user_id in ('', ${row}.user_id)
  and l.mission_id in ('', ${row}.mission_id::text)`;

/** SQL: the tokens or the cost of a limit that fits the row are used up. */
const used = (row: string, at: string): string => `exists (select from run_usage u
  where ${counted('u')} and u.at >= ${dayBegins(row, at)}
  having sum(u.input_tokens + u.output_tokens) >= l.max_tokens
      or sum(u.cost) filter (where u.currency = l.currency) >= l.max_cost)
  or l.max_tokens = 0 or l.max_cost = 0`;

/** A claim that is on its way to its grant counts, and one that was given back does not. */
const runsAreUp = (row: string, at: string): string => `(select count(*) from run c
  where ${counted('c')} and c.claimed_at >= ${dayBegins(row, at)} and (c.fence is not null or c.status = 'claimed'))
  >= l.max_runs`;

/**
 * SQL condition: a limit that fits the row is used up. The statement that claims a run asks this itself, under the lock
 * of the customer's claims: a run that was queued after others were held was seen by no statement before.
 */
export const spentFor = (row: string, at: string): string => `exists (select from run_limit l where ${fits(row)}
  and (${runsAreUp(row, at)} or ${used(row, at)}))`;

const hold = statement(
  'scheduler.hold_spent_runs',
  `with now as materialized (select ${currentTime('$2')}::timestamptz(3) as at)
   update run r set held_until = ${dayEnds('r', '(select at from now)')}
     where exists (select from run_limit where customer_id = $1)
       and r.customer_id = $1 and r.lease_expires_at is null and r.finished_at is null
       and (r.held_until is null or r.held_until <= (select at from now))
       and ${spentFor('r', '(select at from now)')}
   returning 1`,
);

/**
 * Holds the queued runs of a customer whose budget is spent until their user's midnight. Called in the transaction of a
 * claim, after the lock that lets one claim of the customer in at a time: the claim sees every run that was granted.
 */
export async function holdSpentRuns(tx: Tx, customerId: string, virtualNow: Date | null): Promise<boolean> {
  return (await tx.run(hold, [customerId, virtualNow])).length > 0;
}

const release = statement(
  'scheduler.release_held_runs',
  `with free as (update run set held_until = null where held_until <= ${currentTime('$1')} returning customer_id)
   select distinct customer_id from free`,
);
/** Runs whose budget has renewed may be claimed again. Answers their customers. */
export async function releaseHeldRuns(tx: Tx, virtualNow: Date | null): Promise<string[]> {
  return (await tx.run<{ customer_id: string }>(release, [virtualNow])).map(({ customer_id }) => customer_id);
}

const releaseAll = statement(
  'scheduler.release_runs_of_customer',
  'update run set held_until = null where customer_id = $1 and held_until is not null returning 1',
);

const report = statement(
  'scheduler.report_usage',
  `with now as materialized (select ${currentTime('$7')}::timestamptz(3) as at),
   r as (update run r set input_tokens = greatest(r.input_tokens, $3::bigint),
       output_tokens = greatest(r.output_tokens, $4::bigint), cost = greatest(r.cost, $5::numeric)
     where r.id = $1::uuid and r.fence = $2 returning r.*, old.input_tokens as had_input,
       old.output_tokens as had_output, old.cost as had_cost)
   insert into run_usage (id, run_id, mission_id, customer_id, user_id, at, input_tokens, output_tokens, cost, currency)
   select $8::uuid, r.id, r.mission_id, r.customer_id, r.user_id, (select at from now), r.input_tokens - r.had_input,
          r.output_tokens - r.had_output, r.cost - r.had_cost, $6 from r
    where (r.input_tokens, r.output_tokens, r.cost) <> (r.had_input, r.had_output, r.had_cost) returning 1`,
);

/** Notes what a run has used in total; what was noted before is not counted again. */
export async function reportUsage(
  tx: Tx,
  { id, fence, usage }: { readonly id: string; readonly fence: number; readonly usage: Usage },
  virtualNow: Date | null,
): Promise<void> {
  const { input_tokens, output_tokens, cost } = usage;
  const values = [id, fence, input_tokens, output_tokens, cost?.amount ?? '0', cost?.currency ?? ''];
  await tx.run(report, [...values, virtualNow, newId()]);
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
   select iso(${dayEnds('r', '(select at from now)')}) as renews_at from run r
    where r.id = $1::uuid and exists (select from run_limit where customer_id = r.customer_id)
      and exists (select from run_limit l where ${fits('r')} and (${used('r', '(select at from now)')}))`,
);
/** When the budget of a run renews whose tokens or money are used up; undefined if something is left. */
export async function budgetRenewsAt(
  tx: Tx,
  run: Pick<Run, 'id'>,
  virtualNow: Date | null,
): Promise<string | undefined> {
  return (await tx.run<{ renews_at: string }>(spent, [run.id, virtualNow]))[0]?.renews_at;
}

const read = statement(
  'scheduler.read_limits',
  `select max_runs, max_tokens::float8 as max_tokens, max_cost::text as max_cost, currency from run_limit
    where customer_id = $1 and user_id = $2 and mission_id = $3`,
);
const write = statement(
  'scheduler.write_limits',
  `insert into run_limit (customer_id, user_id, mission_id, max_runs, max_tokens, max_cost, currency)
   values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (customer_id, user_id, mission_id) do update set max_runs = excluded.max_runs,
     max_tokens = excluded.max_tokens, max_cost = excluded.max_cost, currency = excluded.currency returning 1`,
);

/** Whose limits they are: of a mission, or of everything of the user. */
export type Limited = Owner & { readonly mission_id: string | undefined };

export async function limitsOf(tx: Tx, { customer_id, user_id, mission_id = '' }: Limited): Promise<Limits> {
  type Row = { max_runs: number | null; max_tokens: number | null; max_cost: string | null; currency: string | null };
  const [row] = await tx.run<Row>(read, [customer_id, user_id, mission_id]);
  const { max_runs = null, max_tokens = null, max_cost = null, currency = null } = row ?? {};
  return {
    max_runs_per_day: max_runs,
    max_tokens_per_day: max_tokens,
    max_cost_per_day: max_cost === null ? null : { amount: max_cost, currency: currency ?? '' },
  };
}

/** What was held by the limits of before is looked at again. */
export async function setLimits(tx: Tx, of: Limited, limits: Partial<Limits>): Promise<void> {
  const { max_runs_per_day = null, max_tokens_per_day = null, max_cost_per_day = null } = limits;
  const { customer_id, user_id, mission_id = '' } = of;
  const money = [max_cost_per_day?.amount ?? null, max_cost_per_day?.currency ?? null];
  await tx.run(write, [customer_id, user_id, mission_id, max_runs_per_day, max_tokens_per_day, ...money]);
  await tx.run(releaseAll, [customer_id]);
}

const setZone = statement(
  'scheduler.note_zone',
  `insert into user_zone (customer_id, user_id, zone)
   select $1, $2, coalesce((select name from pg_timezone_names where lower(name) = lower($3) limit 1), 'UTC')
   on conflict (customer_id, user_id) do update set zone = excluded.zone returning 1`,
);
/** A zone that the database does not know is read as UTC. */
export async function noteUserZone(tx: Tx, { customer_id, user_id }: Owner, zoneName: string | null): Promise<void> {
  await tx.run(setZone, [customer_id, user_id, zoneName ?? 'UTC']);
  await tx.run(releaseAll, [customer_id]);
}
