import type { ApprovalRule, ApprovalRulePatch, NewApprovalRule } from '@missions/contracts/approval/rules.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Rule } from '../domain/rules.ts';
import { now } from './columns.ts';

/** What users have decided beforehand. */
export interface UserKey {
  readonly customer_id: string;
  readonly user_id: string;
}

const shown = `u.id, u.match, u.option, iso(u.until) as until, u.max_uses_per_day, u.enabled, u.uses_today, u.uses,
  iso(u.last_used_at) as last_used_at, iso(u.created_at) as created_at`;
const mine = 'from approval_rule u where u.customer_id = $1 and u.user_id = $2';

const list = statement('approval.rules', `select ${shown} ${mine} order by u.created_at, u.id`);
export const listRules = (tx: Tx, { customer_id, user_id }: UserKey): Promise<ApprovalRule[]> =>
  tx.run<ApprovalRule>(list, [customer_id, user_id]);

const read = statement('approval.rule', `select ${shown} ${mine} and u.id = $3`);
export async function readRule(
  tx: Tx,
  { customer_id, user_id }: UserKey,
  id: string,
): Promise<ApprovalRule | undefined> {
  return (await tx.run<ApprovalRule>(read, [customer_id, user_id, id]))[0];
}

/** One caller at a time makes a rule for a user, so that their number is known. */
const lock = statement('approval.lock_rules', "select pg_advisory_xact_lock(20261207, hashtext($1 || ' ' || $2))");
const zoneOf = statement(
  'approval.zone_of_rules',
  `select u.time_zone ${mine} order by u.created_at desc, u.id limit 1`,
);
export const lockRules = (tx: Tx, { customer_id, user_id }: UserKey) => tx.run(lock, [customer_id, user_id]);

/** The zone of the user's days, as it was told last; UTC until then. */
export async function zoneOfRules(tx: Tx, { customer_id, user_id }: UserKey): Promise<string> {
  return (await tx.run<{ time_zone: string }>(zoneOf, [customer_id, user_id]))[0]?.time_zone ?? 'UTC';
}

const insert = statement(
  'approval.insert_rule',
  `insert into approval_rule as u (customer_id, user_id, id, match, option, until, max_uses_per_day, time_zone, created_at,
     enabled, day, uses_today, uses)
   values ($1, $2, $3, $4, $5, $6, $7, $8, ${now('$9')}, true, '', 0, 0) returning ${shown}`,
);
export async function insertRule(
  tx: Tx,
  { customer_id, user_id }: UserKey,
  { id, match, option, until = null, max_uses_per_day = null, zone }: NewApprovalRule & { id: string; zone: string },
  virtualNow: Date | null,
): Promise<ApprovalRule> {
  const values = [customer_id, user_id, id, JSON.stringify(match), option, until, max_uses_per_day, zone, virtualNow];
  return (await tx.run<ApprovalRule>(insert, values))[0] as ApprovalRule;
}

const change = statement(
  'approval.change_rule',
  `update approval_rule u set match = coalesce($4::jsonb, u.match), option = coalesce($5, u.option),
          until = case when $6 then $7::timestamptz else u.until end,
          max_uses_per_day = case when $8 then $9::int else u.max_uses_per_day end, enabled = coalesce($10, u.enabled)
    where u.customer_id = $1 and u.user_id = $2 and u.id = $3 returning ${shown}`,
);
/** Undefined if the user has no such rule. */
export async function changeRule(
  tx: Tx,
  { customer_id, user_id }: UserKey,
  id: string,
  { match, option, until, max_uses_per_day, enabled }: ApprovalRulePatch,
): Promise<ApprovalRule | undefined> {
  const values = [
    ...[customer_id, user_id, id, match === undefined ? null : JSON.stringify(match), option ?? null],
    ...[until !== undefined, until ?? null, max_uses_per_day !== undefined, max_uses_per_day ?? null, enabled ?? null],
  ];
  return (await tx.run<ApprovalRule>(change, values))[0];
}

const remove = statement(
  'approval.remove_rule',
  'delete from approval_rule where customer_id = $1 and user_id = $2 and id = $3 returning 1',
);
/** @returns whether the user had it. */
export async function removeRule(tx: Tx, { customer_id, user_id }: UserKey, id: string): Promise<boolean> {
  return (await tx.run(remove, [customer_id, user_id, id])).length > 0;
}

const move = statement(
  'approval.move_rules',
  'update approval_rule set time_zone = $3 where customer_id = $1 and user_id = $2 and time_zone <> $3',
);
export const moveRules = (tx: Tx, { customer_id, user_id }: UserKey, zone: string) =>
  tx.run(move, [customer_id, user_id, zone]);

export interface LiveRule extends Rule {
  readonly time_zone: string;
  /** The time of the reading. */
  readonly at: string;
}
const isLive = (at: string) => `u.enabled and (u.until is null or u.until > ${at})`;
const live = statement(
  'approval.live_rules',
  `select u.id, u.match, u.option, u.time_zone, iso(${now('$3')}) as at ${mine} and ${isLive(now('$3'))}
    order by u.created_at, u.id`,
);
export const liveRules = (tx: Tx, { customer_id, user_id }: UserKey, virtualNow: Date | null): Promise<LiveRule[]> =>
  tx.run<LiveRule>(live, [customer_id, user_id, virtualNow]);

/**
 * Counts a use. The row is locked until the transaction ends, so that of uses at once each counts those before it. A copy
 * of the service whose clock still shows the day before counts for the later day.
 */
const use = statement(
  'approval.use_rule',
  `update approval_rule u
      set day = greatest(u.day, $3), uses_today = case when u.day >= $3 then u.uses_today else 0 end + 1,
          uses = u.uses + 1, last_used_at = ${now('$4')}
    where u.customer_id = $1 and u.id = $2 and ${isLive(now('$4'))} and u.match = $5::jsonb and u.option = $6
      and (u.max_uses_per_day is null or case when u.day >= $3 then u.uses_today else 0 end < u.max_uses_per_day)
   returning 1`,
);
/** False if the rule was changed or switched off meanwhile, or has been used as often as it may be on this day. */
export async function countUse(
  tx: Tx,
  customerId: string,
  { id, match, option }: LiveRule,
  day: string,
  virtualNow: Date | null,
): Promise<boolean> {
  return (await tx.run(use, [customerId, id, day, virtualNow, JSON.stringify(match), option])).length > 0;
}
