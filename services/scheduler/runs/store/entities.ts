import { defineEntity, p } from '@mikro-orm/core';
import { runReasons, runStatuses } from '@missions/contracts/scheduler/runs.ts';

/** When which mission gets its next run; see `domain/runs.ts`. Written and read through the prepared statements beside this file. */
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
    life_deadline_at: p.datetime(3).nullable(),
  },
  indexes: [
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
    /** How often it was claimed: tells a claim that comes late from the one that holds it now. */
    claims: p.integer(),
    lease_seconds: p.double().columnType('float8'),
    lease_expires_at: p.datetime(3).nullable(),
    /** Null while it is queued, and while the mission service is asked. */
    fence: p.integer().nullable(),
    granted_version: p.integer().nullable(),
    requested_at: p.datetime(3),
    claimed_at: p.datetime(3).nullable(),
    finished_at: p.datetime(3).nullable(),
    error: p.text(),
  },
  indexes: [
    { name: 'run_queued', properties: ['customer_id', 'requested_at', 'id'], where: QUEUED },
    { name: 'run_oldest_queued', properties: ['requested_at'], where: QUEUED },
    { name: 'run_claimed', properties: ['customer_id'], where: 'lease_expires_at is not null' },
    { name: 'run_lease', properties: ['lease_expires_at'], where: 'lease_expires_at is not null' },
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
  properties: {
    scope: p.enum(['all', 'customer', 'user', 'mission']).primary(),
    id: p.text().primary(),
    set_at: p.datetime(3).defaultRaw('now()'),
  },
});
export class KillSwitchEntity extends KillSwitch.class {}
KillSwitch.setClass(KillSwitchEntity);

export const runEntities = [WatchedMissionEntity, RunEntity, KillSwitchEntity];
