import { defineEntity, p } from '@mikro-orm/core';
import { ClosedOwnerEntity, closedOwnerTrigger } from '@missions/persistence/holdings/closed-owners.ts';
import { priorities } from '@missions/contracts/mission/vocabulary.ts';
import { runReasons, runStatuses } from '@missions/contracts/scheduler/runs.ts';
import { timerOwners } from '@missions/contracts/scheduler/timers.ts';
import { outboxEntitiesOfMadeIds } from '@missions/persistence/schema.ts';

/**
 * The scheduler's tables. Properties bear the columns' names. The tables are written and read through the prepared
 * statements of `timers/store` and `runs/store`; schema.spec.ts compares these entities with the migrated schema.
 */
const PENDING = 'fired_at is null and cancelled_at is null';

/** The state machine of a row is in `timers/domain/timer.ts`. */
const Timer = defineEntity({
  name: 'Timer',
  tableName: 'timer',
  properties: {
    owner: p.enum([...timerOwners]).primary(),
    key: p.text().primary(),
    /** The highest revision that arrived; the rest of the row belongs to it. */
    revision: p.integer(),
    customer_id: p.text(),
    user_id: p.text(),
    mission_id: p.text(),
    /** Null in the tombstone of a timer that was never set. */
    fire_at: p.datetime(3).nullable(),
    /** `json`, not `jsonb`: the payload is never queried, and the owner gets back the text that it sent. */
    payload: p.json<Record<string, unknown>>().columnType('json'),
    /** Trace context of the request that set the timer: the firing belongs to the same trace. */
    traceparent: p.text().nullable(),
    fired_at: p.datetime(3).nullable(),
    cancelled_at: p.datetime(3).nullable(),
  },
  indexes: [
    { name: 'timer_pending', properties: ['fire_at'], where: PENDING },
    { name: 'timer_fired', properties: ['fired_at'], where: 'fired_at is not null' },
    { name: 'timer_cancelled', properties: ['cancelled_at'], where: 'cancelled_at is not null' },
    // For the erasure of a mission.
    { name: 'timer_mission', properties: ['mission_id'] },
  ],
  checks: [
    { name: 'timer_one_outcome', expression: 'fired_at is null or cancelled_at is null' },
    { name: 'timer_never_early', expression: 'fired_at is null or fired_at >= fire_at' },
    { name: 'timer_has_a_time', expression: 'fire_at is not null or cancelled_at is not null' },
  ],
});
export class TimerEntity extends Timer.class {}
Timer.setClass(TimerEntity);

/** When each mission gets its next run; the rules are in `runs/domain/schedule.ts`. */
const WatchedMission = defineEntity({
  name: 'WatchedMission',
  tableName: 'watched_mission',
  properties: {
    mission_id: p.uuid().primary(),
    customer_id: p.text(),
    user_id: p.text(),
    version: p.integer(),
    runnable: p.boolean(),
    erased: p.boolean(),
    next_run_at: p.datetime(3).nullable(),
    next_reason: p.enum([...runReasons]),
    idle: p.integer(),
    failures: p.integer(),
    attempt: p.integer(),
    last_check_at: p.datetime(3).nullable(),
    run_id: p.uuid().nullable(),
    woken_version: p.integer().default(0),
    seen_version: p.integer().default(0),
    priority: p.enum([...priorities]).default('normal'),
    life_deadline_at: p.datetime(3).nullable(),
    /** What the mission service was told of the budget, and how often. */
    budget_until: p.datetime(3).nullable(),
    budget_revision: p.integer().default(0),
  },
  indexes: [
    { name: 'watched_mission_over_budget', properties: ['mission_id'], where: 'budget_until is not null' },
    { name: 'watched_mission_due', properties: ['next_run_at'], where: 'next_run_at is not null and run_id is null' },
  ],
});
export class WatchedMissionEntity extends WatchedMission.class {}
WatchedMission.setClass(WatchedMissionEntity);

const QUEUED = 'lease_expires_at is null and finished_at is null';

const Run = defineEntity({
  name: 'Run',
  tableName: 'run',
  properties: {
    id: p.uuid().primary(),
    mission_id: p.uuid(),
    customer_id: p.text(),
    user_id: p.text(),
    agent_id: p.text().nullable(),
    reason: p.enum([...runReasons]),
    status: p.enum([...runStatuses]),
    attempt: p.integer(),
    /** How often the run was claimed. Distinguishes a late claim from the one that holds the run now. */
    claims: p.integer(),
    lease_seconds: p.double().columnType('float8'),
    lease_expires_at: p.datetime(3).nullable(),
    /** Null while the run is queued, and until the mission service has granted it. */
    fence: p.integer().nullable(),
    granted_version: p.integer().nullable(),
    /** The mission's `task_counts` at the grant. */
    granted_counts: p.json<Record<string, number>>().columnType('json').nullable(),
    /** Of the mission, as long as the run is open. */
    priority: p.enum([...priorities]).default('normal'),
    /** Grows with each claim of any run; null for a run that nobody has got. */
    turn: p.bigint().nullable(),
    /** When a run that could not be pushed is pushed again; agents may claim it before. */
    push_after: p.datetime(3).nullable(),
    /** Its latest claim was for a push, so that its agent is nameless. */
    pushed: p.boolean().default(false),
    /** How often in a row it could not be pushed. */
    unreached: p.integer().default(0),
    /** No agent gets it before: its budget is spent, or it is outside of its hours. */
    held_until: p.datetime(3).nullable(),
    /** Its budget is spent until then; it stays while the run is let go to be looked at again. */
    budget_until: p.datetime(3).nullable(),
    /** What it has used so far. */
    input_tokens: p.bigint().defaultRaw('0'),
    output_tokens: p.bigint().defaultRaw('0'),
    cost: p.decimal().columnType('numeric').default('0'),
    /** What the next heartbeat tells. */
    orders: p.array().defaultRaw("'{}'"),
    requested_at: p.datetime(3),
    claimed_at: p.datetime(3).nullable(),
    finished_at: p.datetime(3).nullable(),
    error: p.text(),
    /** Why the run lost its lease; null for a run that did not, and for runs of older versions. */
    lost: p.text().nullable(),
  },
  indexes: [
    { name: 'run_queued', properties: ['customer_id', 'requested_at', 'id'], where: QUEUED },
    { name: 'run_turn_of_user', properties: ['customer_id', 'user_id', 'turn'], where: 'turn is not null' },
    { name: 'run_turn_of_customer', properties: ['customer_id', 'turn'], where: 'turn is not null' },
    { name: 'run_claimed', properties: ['customer_id'], where: 'lease_expires_at is not null' },
    { name: 'run_lease', properties: ['lease_expires_at'], where: 'lease_expires_at is not null' },
    { name: 'run_over_budget', properties: ['customer_id'], where: `budget_until is not null and ${QUEUED}` },
    { name: 'run_held', properties: ['held_until'], where: 'held_until is not null' },
    { name: 'run_claimed_at', properties: ['customer_id', 'claimed_at'], where: 'claimed_at is not null' },
    { name: 'run_of_mission', properties: ['mission_id', 'requested_at', 'id'] },
    { name: 'run_finished', properties: ['finished_at'], where: 'finished_at is not null' },
  ],
  uniques: [{ name: 'run_open', properties: ['mission_id'], where: 'finished_at is null' }],
  checks: [
    { name: 'run_finished_when_over', expression: "(finished_at is null) = (status in ('queued', 'claimed'))" },
    { name: 'run_leased_while_claimed', expression: "(lease_expires_at is not null) = (status = 'claimed')" },
  ],
});
export class RunEntity extends Run.class {}
Run.setClass(RunEntity);

const KillSwitch = defineEntity({
  name: 'KillSwitch',
  tableName: 'kill_switch',
  triggers: [closedOwnerTrigger],
  properties: {
    /** `own`: the user's own, which no operator moves. */
    scope: p.enum(['all', 'customer', 'user', 'mission', 'own']).primary(),
    id: p.text().primary(),
    customer_id: p.text().primary().default(''),
    user_id: p.text().primary().default(''),
    set_at: p.datetime(3).defaultRaw('now()'),
    set_by: p.text().default(''),
    reason: p.text().default(''),
  },
});
export class KillSwitchEntity extends KillSwitch.class {}
KillSwitch.setClass(KillSwitchEntity);

/** The agent's endpoint as the latest post found it; for the operators. */
const PushEndpoint = defineEntity({
  name: 'PushEndpoint',
  tableName: 'push_endpoint',
  properties: {
    address: p.text().primary(),
    reached: p.boolean(),
    since: p.datetime(3),
    failures: p.integer(),
    error: p.text(),
    next_attempt_at: p.datetime(3).nullable(),
  },
});
export class PushEndpointEntity extends PushEndpoint.class {}
PushEndpoint.setClass(PushEndpointEntity);

/** What agents may do in a day: of a customer, a user (`user_id`) or a mission (both ids); '' where it is of more. */
const RunLimit = defineEntity({
  name: 'RunLimit',
  tableName: 'run_limit',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    user_id: p.text().primary(),
    mission_id: p.text().primary(),
    max_runs: p.integer().nullable(),
    max_tokens: p.bigint().nullable(),
    max_cost: p.decimal().columnType('numeric').nullable(),
    currency: p.text().nullable(),
    hours: p.json<Record<string, unknown>>().columnType('json').nullable(),
    /** The hours that are now, or else the next ones; the dispatcher sets the next ones when they end. */
    opens_at: p.datetime(3).nullable(),
    closes_at: p.datetime(3).nullable(),
  },
  indexes: [{ name: 'run_limit_closes', properties: ['closes_at'], where: 'closes_at is not null' }],
});
export class RunLimitEntity extends RunLimit.class {}
RunLimit.setClass(RunLimitEntity);

/** What a run has used since its report before. */
const RunUsage = defineEntity({
  name: 'RunUsage',
  tableName: 'run_usage',
  properties: {
    id: p.uuid().primary(),
    run_id: p.uuid(),
    mission_id: p.uuid(),
    customer_id: p.text(),
    user_id: p.text(),
    at: p.datetime(3),
    input_tokens: p.bigint(),
    output_tokens: p.bigint(),
    cost: p.decimal().columnType('numeric'),
    currency: p.text(),
  },
  indexes: [
    { name: 'run_usage_of_customer', properties: ['customer_id', 'at'] },
    { name: 'run_usage_of_mission', properties: ['mission_id', 'run_id'] },
    { name: 'run_usage_at', properties: ['at'] },
  ],
});
export class RunUsageEntity extends RunUsage.class {}
RunUsage.setClass(RunUsageEntity);

/** Where a user's day begins. */
const UserZone = defineEntity({
  name: 'UserZone',
  tableName: 'user_zone',
  triggers: [closedOwnerTrigger],
  properties: { customer_id: p.text().primary(), user_id: p.text().primary(), zone: p.text() },
});
export class UserZoneEntity extends UserZone.class {}
UserZone.setClass(UserZoneEntity);

export const schedulerEntities = [
  TimerEntity,
  WatchedMissionEntity,
  RunEntity,
  KillSwitchEntity,
  PushEndpointEntity,
  RunLimitEntity,
  RunUsageEntity,
  UserZoneEntity,
  ClosedOwnerEntity,
  ...outboxEntitiesOfMadeIds,
];
