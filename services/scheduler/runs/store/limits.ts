import type { Limits, WorkingHours } from '@missions/contracts/scheduler/limits.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { currentTime } from '../../store/sql-clock.ts';
import { hoursAt } from '../domain/working-hours.ts';
import type { Owner } from './kill-switch.ts';

/** The limits as they were set. What is left of them `budgets.ts` counts. */
const releaseAll = statement(
  'scheduler.release_runs_of_customer',
  'update run set held_until = null where customer_id = $1 and held_until is not null returning 1',
);
/**
 * Held runs of the customer are looked at again by the next claim: its limits are others, or a claim that counted was
 * given back.
 */
export async function releaseRunsOf(tx: Tx, customerId: string): Promise<void> {
  await tx.run(releaseAll, [customerId]);
}

const read = statement(
  'scheduler.read_limits',
  `select max_runs, max_tokens::float8 as max_tokens, max_cost::text as max_cost, currency, hours from run_limit
    where customer_id = $1 and user_id = $2 and mission_id = $3`,
);
const write = statement(
  'scheduler.write_limits',
  `insert into run_limit (customer_id, user_id, mission_id, max_runs, max_tokens, max_cost, currency, hours, opens_at, closes_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8::json, $9, $10)
   on conflict (customer_id, user_id, mission_id) do update set max_runs = excluded.max_runs,
     max_tokens = excluded.max_tokens, max_cost = excluded.max_cost, currency = excluded.currency,
     hours = excluded.hours, opens_at = excluded.opens_at, closes_at = excluded.closes_at returning 1`,
);

/** Whose limits they are: of a mission, of everything of the user, or of the customer, whose `user_id` is empty. */
export type Limited = Owner & { readonly mission_id: string | undefined };

export async function limitsOf(tx: Tx, { customer_id, user_id, mission_id = '' }: Limited): Promise<Limits> {
  type Row = { max_runs: number | null; max_tokens: number | null; max_cost: string | null; currency: string | null };
  const [row] = await tx.run<Row & { hours: WorkingHours | null }>(read, [customer_id, user_id, mission_id]);
  const { max_runs = null, max_tokens = null, max_cost = null, currency = null, hours = null } = row ?? {};
  return {
    max_runs_per_day: max_runs,
    max_tokens_per_day: max_tokens,
    max_cost_per_day: max_cost === null ? null : { amount: max_cost, currency: currency ?? '' },
    hours,
  };
}

const NONE: Limits = { max_runs_per_day: null, max_tokens_per_day: null, max_cost_per_day: null, hours: null };

export async function setLimits(tx: Tx, of: Limited, limits: Partial<Limits>, now: Date): Promise<void> {
  const { max_runs_per_day, max_tokens_per_day, max_cost_per_day, hours } = { ...NONE, ...limits };
  const { customer_id, user_id, mission_id = '' } = of;
  const money = [max_cost_per_day?.amount ?? null, max_cost_per_day?.currency ?? null];
  const span = hours && hoursAt(now.getTime(), hours);
  const times = span ? [JSON.stringify(hours), new Date(span.from), new Date(span.until)] : [null, null, null];
  await tx.run(write, [customer_id, user_id, mission_id, max_runs_per_day, max_tokens_per_day, ...money, ...times]);
  await releaseRunsOf(tx, customer_id);
}

/** Limits per statement. */
export const HOURS_BATCH = 200;

const over = statement(
  'scheduler.hours_over',
  `select customer_id, user_id, mission_id, hours, iso(closes_at) as closes_at from run_limit
    where closes_at <= ${currentTime('$1')} order by closes_at limit ${HOURS_BATCH} for update skip locked`,
);
const renew = statement(
  'scheduler.next_hours',
  `update run_limit l set opens_at = m.opens_at, closes_at = m.closes_at
     from json_to_recordset($1::json) as m(customer_id text, user_id text, mission_id text, opens_at timestamptz,
       closes_at timestamptz)
     where (l.customer_id, l.user_id, l.mission_id) = (m.customer_id, m.user_id, m.mission_id) returning 1`,
);

/**
 * Where the hours are over, sets the next ones, of at most `HOURS_BATCH` limits. Until then such a limit lets no run go.
 * Answers whose they are, each customer as often as it has such limits.
 */
export async function setNextHours(tx: Tx, now: Date, virtualNow: Date | null): Promise<string[]> {
  type Row = { customer_id: string; user_id: string; mission_id: string; hours: WorkingHours; closes_at: string };
  const rows = await tx.run<Row>(over, [virtualNow]);
  if (rows.length === 0) return [];
  const next = rows.map(({ hours, closes_at, ...of }) => {
    const { from, until } = hoursAt(Math.max(now.getTime(), Date.parse(closes_at)), hours);
    return { ...of, opens_at: new Date(from), closes_at: new Date(until) };
  });
  await tx.run(renew, [JSON.stringify(next)]);
  return rows.map(({ customer_id }) => customer_id);
}

const zoneOf = statement('scheduler.zone_of', 'select zone from user_zone where customer_id = $1 and user_id = $2');
/** Where the day of the user begins, or of the customer, whose `user_id` is empty. */
export const readZone = async (tx: Tx, { customer_id, user_id }: Owner): Promise<string> =>
  (await tx.run<{ zone: string }>(zoneOf, [customer_id, user_id]))[0]?.zone ?? 'UTC';

const setZone = statement(
  'scheduler.note_zone',
  `insert into user_zone (customer_id, user_id, zone)
   select $1, $2, coalesce((select name from pg_timezone_names where lower(name) = lower($3) limit 1), 'UTC')
   on conflict (customer_id, user_id) do update set zone = excluded.zone returning 1`,
);
/** A zone that the database does not know is read as UTC. */
export async function noteUserZone(tx: Tx, { customer_id, user_id }: Owner, zoneName: string | null): Promise<void> {
  await tx.run(setZone, [customer_id, user_id, zoneName ?? 'UTC']);
  await releaseRunsOf(tx, customer_id);
}
