import { defineEntity, p } from '@mikro-orm/core';
import { ClosedOwnerEntity, closedOwnerTrigger } from '@missions/persistence/holdings/closed-owners.ts';
import { type Proposal, urgencies } from '@missions/contracts/approval/input-request.ts';
import type { TaskClaim } from '@missions/contracts/mission/claims.ts';
import {
  attentions,
  type Attention,
  blockerKinds,
  eventTypes,
  missionStatuses,
  outcomes,
  pausers,
  phases,
  priorities,
  taskStatuses,
} from '@missions/contracts/mission/vocabulary.ts';
import { ErasedMissionEntity } from '@missions/persistence/tombstones.ts';
import { outboxEntities } from '@missions/persistence/schema.ts';
import { limitEntities } from './limit-entities.ts';
import { InboxMarkEntity } from './mark-entity.ts';
import type { Blocker, Concern, Json } from '../domain/state.ts';

/**
 * The mission service's tables (specification section 3). Properties bear the columns' names. The hot path writes and
 * reads them through the prepared statements beside this file; a spec compares these entities with the migrated schema,
 * so that both stay the same.
 */
const MissionSchema = defineEntity({
  name: 'Mission',
  tableName: 'mission',
  triggers: [closedOwnerTrigger],
  properties: {
    id: p.uuid().primary(),
    customer_id: p.text(),
    user_id: p.text(),
    title: p.text(),
    description: p.text(),
    created_by_agent_id: p.text().nullable(),
    origin_conversation_id: p.text(),
    status: p.enum([...missionStatuses]),
    phase: p.enum([...phases]),
    return_phase: p.enum(['planning', 'executing']).nullable(),
    paused_by: p.enum([...pausers]).nullable(),
    cancelled: p.boolean(),
    priority: p.enum([...priorities]),
    due_at: p.datetime(3).nullable(),
    completed_at: p.datetime(3).nullable(),
    outcome: p.enum([...outcomes]).nullable(),
    summary: p.text(),
    details: p.json<Json>(),
    blocked_by: p.text(),
    blocked_since: p.datetime(3).nullable(),
    can_run_autonomously: p.boolean(),
    last_autonomous_check: p.datetime(3).nullable(),
    max_lifetime_hours: p.integer(),
    last_user_engagement_at: p.datetime(3).nullable(),
    stale_notified_at: p.datetime(3).nullable(),
    grace_period_ends_at: p.datetime(3).nullable(),
    unanswered_at: p.datetime(3).nullable(),
    concerns: p.json<readonly Concern[]>().defaultRaw("'[]'"),
    budget: p.json<Json>().nullable(),
    deleted_at: p.datetime(3).nullable(),
    deletion: p.json<Json>().nullable(),
    mailed: p.boolean().default(false),
    metadata: p.json<Json>(),
    version: p.integer(),
    fence: p.integer(),
    run_id: p.uuid().nullable(),
    run_fence: p.integer().nullable(),
    last_sequence: p.integer(),
    task_counts: p.json<Record<string, number>>(),
    progress: p.double().nullable(),
    needs_attention: p.boolean(),
    attention: p.json<readonly Attention[]>().defaultRaw("'[]'"),
    /** Words of title, description and tasks, each with its owner as a prefix: see `search.ts`. */
    search: p.text().columnType('tsvector'),
    /** Of all that is stored of it, as JSON: see `quotas.ts`. Null in rows of a version that did not measure. */
    bytes: p.bigint().nullable(),
    created_at: p.datetime(3),
    updated_at: p.datetime(3),
    /** See `arrival` of a signal. */
    arrival: p.bigint().nullable().defaultRaw('next_arrival()'),
    tasks: () => p.oneToMany(TaskEntity).mappedBy('mission'),
  },
  indexes: [
    {
      name: 'mission_of_user',
      properties: ['customer_id', 'user_id', 'created_at', 'id'],
      where: 'deleted_at is null',
    },
    ...[
      ['mission_by_due_date', "coalesce(due_at, 'infinity')"],
      ['mission_by_priority', 'priority_rank(priority)'],
      ['mission_of_phase', 'phase, created_at'],
      ['mission_needing_attention', 'created_at', ' and needs_attention'],
    ].map(([name = '', columns, rows = '']) => ({
      name,
      expression: `create index ${name} on mission (customer_id, user_id, ${columns}, id) where deleted_at is null${rows}`,
    })),
    {
      // The phase is looked at in the index: rows of other phases are not read.
      name: 'mission_by_update',
      properties: ['customer_id', 'user_id', 'updated_at', 'id', 'phase'],
      where: 'deleted_at is null',
    },
    {
      name: 'mission_deleted_of_user',
      properties: ['customer_id', 'user_id', 'updated_at', 'id'],
      where: 'deleted_at is not null',
    },
    { name: 'mission_unmeasured', properties: ['id'], where: 'bytes is null' },
    { name: 'mission_search', properties: ['search'], type: 'gin' },
    { name: 'mission_of_run', properties: ['run_id'], where: 'run_id is not null' },
  ],
  checks: [
    {
      name: 'mission_status_follows_phase',
      expression:
        "status = case when cancelled then 'cancelled' when phase in ('completed', 'failed') then phase " +
        "when paused_by is not null then 'paused' when phase = 'waiting' then 'waiting' else 'active' end",
    },
    { name: 'mission_waits_while_blocked', expression: "(phase = 'waiting') = (return_phase is not null)" },
  ],
});
export class MissionEntity extends MissionSchema.class {}
MissionSchema.setClass(MissionEntity);

const TaskSchema = defineEntity({
  name: 'Task',
  tableName: 'task',
  properties: {
    id: p.uuid().primary(),
    mission: () => p.manyToOne(MissionEntity).fieldName('mission_id').deleteRule('cascade').index('task_of_mission'),
    customer_id: p.text(),
    title: p.text(),
    description: p.text(),
    order: p.integer(),
    status: p.enum([...taskStatuses]),
    depends_on: p.json<string[]>(),
    blocked_by: p.text(),
    blocked_reason: p.text(),
    timeout_at: p.datetime(3).nullable(),
    result: p.json<Json>(),
    error: p.text(),
    attempt: p.integer(),
    wait_for: p.json<Json>().nullable(),
    claim: p.json<TaskClaim>().nullable(),
    started_at: p.datetime(3).nullable(),
    completed_at: p.datetime(3).nullable(),
    created_at: p.datetime(3),
    updated_at: p.datetime(3),
  },
});
export class TaskEntity extends TaskSchema.class {}
TaskSchema.setClass(TaskEntity);

/**
 * The database itself refuses to change the history. It accepts a deletion only as part of the deletion of the mission.
 */
const APPEND_ONLY =
  "if tg_op = 'DELETE' and pg_trigger_depth() > 1 then return old; end if; " +
  "raise exception 'the history of a mission is append-only';";

/** The history: immutable entries, found by mission and sequence. */
const MissionEventSchema = defineEntity({
  name: 'MissionEvent',
  tableName: 'mission_event',
  properties: {
    mission: () => p.manyToOne(MissionEntity).primary().fieldName('mission_id').deleteRule('cascade'),
    sequence: p.integer().primary(),
    customer_id: p.text(),
    id: p.uuid(),
    event_type: p.enum([...eventTypes]),
    conversation_id: p.text(),
    agent_id: p.text().nullable(),
    task_id: p.uuid().nullable(),
    title: p.text(),
    content: p.text(),
    metadata: p.json<Json>(),
    created_at: p.datetime(3),
  },
  triggers: [
    {
      name: 'mission_event_append_only',
      timing: 'before',
      events: ['update', 'delete'],
      forEach: 'row',
      body: APPEND_ONLY,
    },
  ],
});
export class MissionEventEntity extends MissionEventSchema.class {}
MissionEventSchema.setClass(MissionEventEntity);

const BlockerSchema = defineEntity({
  name: 'Blocker',
  tableName: 'blocker',
  properties: {
    id: p.uuid().primary(),
    mission: () => p.manyToOne(MissionEntity).fieldName('mission_id').deleteRule('cascade').index('blocker_of_mission'),
    customer_id: p.text(),
    task_id: p.uuid().nullable(),
    key: p.text(),
    kind: p.enum([...blockerKinds]),
    reason: p.text(),
    until: p.enum(['all', 'any']),
    on_signal: p.enum(['resume', 'complete']),
    on_timeout: p.enum(['fail', 'resume']),
    opened_at: p.datetime(3),
    timeout_at: p.datetime(3).nullable(),
    accept_after: p.datetime(3).nullable(),
    proposes: p.json<Proposal>().nullable(),
    asked: p.json<NonNullable<Blocker['asked']>>().nullable(),
    any_of: p.uuid().nullable(),
    task_was: p.enum(['ready']).nullable(),
    resolved_at: p.datetime(3).nullable(),
    resolution: p.json<Json>().nullable(),
  },
  indexes: [{ name: 'blocker_open', properties: ['customer_id', 'key'], where: 'resolved_at is null' }],
});
export class BlockerEntity extends BlockerSchema.class {}
BlockerSchema.setClass(BlockerEntity);

/** Outside events, stored for the missions that wait for them now or later (specification section 3.4). */
const SignalSchema = defineEntity({
  name: 'Signal',
  tableName: 'signal',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    key: p.text().primary(),
    id: p.text().primary(),
    /** '' for a signal of the whole customer. */
    user_id: p.text().default('').primary(),
    data: p.json<Json>(),
    final: p.boolean(),
    received_at: p.datetime(3),
    expires_at: p.datetime(3).index('signal_expires_at'),
    /** Its place in the order in which missions are created and signals arrive; null in rows from before that order. */
    arrival: p.bigint().nullable().defaultRaw('next_arrival()'),
  },
});
export class SignalEntity extends SignalSchema.class {}
SignalSchema.setClass(SignalEntity);

/** A signal that is yet to be delivered to a wait which was open when it came. Deleted with its effect. */
const DeliverySchema = defineEntity({
  name: 'Delivery',
  tableName: 'delivery',
  properties: {
    blocker: () => p.manyToOne(BlockerEntity).primary().fieldName('blocker_id').deleteRule('cascade'),
    signal_id: p.text().primary(),
    customer_id: p.text(),
    mission_id: p.uuid(),
    signal: p.json<Json>(),
  },
});
export class DeliveryEntity extends DeliverySchema.class {}
DeliverySchema.setClass(DeliveryEntity);

/**
 * What waits for a user. An item that is over stays as a name, for whoever marks it late. Seen and snoozed hold for the
 * `revision` that was marked.
 */
const InboxItemSchema = defineEntity({
  name: 'InboxItem',
  tableName: 'inbox_item',
  triggers: [closedOwnerTrigger],
  properties: {
    mission: () => p.manyToOne(MissionEntity).primary().fieldName('mission_id').deleteRule('cascade'),
    key: p.text().primary(),
    customer_id: p.text(),
    user_id: p.text(),
    kind: p.enum([...attentions]),
    task_id: p.uuid().nullable(),
    request_id: p.text().nullable(),
    summary: p.text(),
    since: p.datetime(3),
    until: p.datetime(3).nullable(),
    urgency: p.enum([...urgencies]).nullable(),
    agent_id: p.text().nullable(),
    /** The version of the mission in which it became as it is. */
    revision: p.integer(),
    ended_at: p.datetime(3).nullable(),
    seen_at: p.datetime(3).nullable(),
    seen_revision: p.integer().nullable(),
    snoozed_until: p.datetime(3).nullable(),
    snoozed_revision: p.integer().nullable(),
    shown_from: p.datetime(3).nullable(),
  },
  indexes: [{ name: 'inbox_of_user', properties: ['customer_id', 'user_id'], where: 'ended_at is null' }],
});
export class InboxItemEntity extends InboxItemSchema.class {}
InboxItemSchema.setClass(InboxItemEntity);

export const missionEntities = [
  ...[ErasedMissionEntity, MissionEntity, TaskEntity, MissionEventEntity, BlockerEntity, SignalEntity, DeliveryEntity],
  ...[...limitEntities, InboxItemEntity, InboxMarkEntity, ClosedOwnerEntity, ...outboxEntities],
];
