import { defineEntity, p } from '@mikro-orm/core';
import {
  closedOwnerByReceiverTrigger,
  ClosedOwnerEntity,
  closedOwnerTrigger,
} from '@missions/persistence/holdings/closed-owners.ts';
import { type InputRequest, inputRequestStatuses, urgencies } from '@missions/contracts/approval/input-request.ts';
import type { RuleMatch } from '@missions/contracts/approval/rules.ts';
import { ErasedMissionEntity } from '@missions/persistence/tombstones.ts';
import { outboxEntities } from '@missions/persistence/schema.ts';

/**
 * The approval service's table (specification section 3.5). Properties have the names of the columns. The table is
 * written and read through the prepared statements beside this file; a spec compares this entity with the migrated
 * schema.
 */
const InputRequestSchema = defineEntity({
  name: 'InputRequest',
  tableName: 'input_request',
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    user_id: p.text(),
    mission_id: p.uuid(),
    task_id: p.uuid().nullable(),
    task: p.json<NonNullable<InputRequest['task']>>().nullable(),
    conversation_id: p.text(),
    /** Null in a tombstone only: see `columns.ts`. */
    prompt: p.text().nullable(),
    options: p.json<InputRequest['options']>(),
    allow_freeform: p.boolean(),
    context: p.json<NonNullable<InputRequest['context']>>().nullable(),
    urgency: p.enum([...urgencies]),
    /** Lists are ordered by this column first. */
    urgency_rank: p
      .integer()
      .generated(
        (columns) => `(case ${String(columns.urgency)} when 'high' then 2 when 'normal' then 1 else 0 end) stored`,
      ),
    status: p.enum([...inputRequestStatuses]),
    response: p.json<NonNullable<InputRequest['response']>>().nullable(),
    responded_at: p.datetime(3).nullable(),
    expires_at: p.datetime(3).nullable(),
    default_option: p.text().nullable(),
    remind_at: p.datetime(3).nullable(),
    reminded_at: p.datetime(3).nullable(),
    version: p.integer(),
    /** When the next step is due; null once it is decided, and where the scheduler still has a timer for it. */
    due_at: p.datetime(3).nullable(),
    created_at: p.datetime(3),
    action: p.json<NonNullable<InputRequest['action']>>().nullable(),
    irreversible: p.boolean().default(false),
    edits: p.json<NonNullable<InputRequest['edits']>>().nullable(),
    assignees: p.json<string[]>().defaultRaw("'[]'"),
    quorum: p.integer().default(1),
    escalate_to: p.text().nullable(),
    escalate_at: p.datetime(3).nullable(),
    agent_id: p.text().nullable(),
  },
  indexes: [
    { name: 'input_request_due', properties: ['due_at'], where: 'due_at is not null' },
    { name: 'input_request_of_user', properties: ['customer_id', 'user_id', 'urgency_rank', 'created_at', 'id'] },
    {
      name: 'input_request_pending',
      properties: ['customer_id', 'user_id', 'urgency_rank', 'created_at', 'id'],
      where: "status = 'pending'",
    },
    { name: 'input_request_of_mission', properties: ['customer_id', 'mission_id'] },
    {
      name: 'input_request_reminded',
      properties: ['customer_id', 'user_id', 'reminded_at'],
      where: 'reminded_at is not null',
    },
    {
      name: 'input_request_decided',
      properties: ['customer_id', 'user_id', 'responded_at', 'id'],
      where: 'responded_at is not null',
    },
  ],
  checks: [
    {
      name: 'input_request_is_asked',
      expression: "status = 'cancelled' or (prompt is not null and expires_at is not null)",
    },
    {
      name: 'input_request_has_its_response',
      expression:
        "(status = 'responded') = (response is not null) and (status = 'responded') = (responded_at is not null)",
    },
  ],
});
export class InputRequestEntity extends InputRequestSchema.class {}
InputRequestSchema.setClass(InputRequestEntity);

/** Further people who see a question, each from a time on: beside its user, who stands in the question. */
const InputPersonSchema = defineEntity({
  name: 'InputPerson',
  tableName: 'input_person',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    user_id: p.text().primary(),
    request_id: p.uuid().primary(),
    mission_id: p.uuid(),
    sees_from: p.datetime(3),
  },
  indexes: [{ name: 'input_person_of_mission', properties: ['mission_id'] }],
});
class InputPersonEntity extends InputPersonSchema.class {}
InputPersonSchema.setClass(InputPersonEntity);

/** Answers of one of several people, or of somebody else than the user of the mission. */
const InputAnswerSchema = defineEntity({
  name: 'InputAnswer',
  tableName: 'input_answer',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    request_id: p.uuid().primary(),
    user_id: p.text().primary(),
    mission_id: p.uuid(),
    /** The version of the request that it made: their order. */
    place: p.integer(),
    approves: p.boolean(),
    /** Who has delegated to the user. */
    on_behalf_of: p.text().nullable(),
    response: p.json<NonNullable<InputRequest['response']>>(),
    responded_at: p.datetime(3),
  },
  indexes: [
    { name: 'input_answer_of_user', properties: ['customer_id', 'user_id', 'responded_at', 'request_id'] },
    {
      name: 'input_answer_for_user',
      properties: ['customer_id', 'on_behalf_of', 'responded_at', 'request_id'],
      where: 'on_behalf_of is not null',
    },
    { name: 'input_answer_of_mission', properties: ['mission_id'] },
  ],
});
class InputAnswerEntity extends InputAnswerSchema.class {}
InputAnswerSchema.setClass(InputAnswerEntity);
/** What a user has decided beforehand. `day` is that of the last use, in the user's zone. */
const ApprovalRuleSchema = defineEntity({
  name: 'ApprovalRule',
  tableName: 'approval_rule',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    user_id: p.text(),
    match: p.json<RuleMatch>(),
    option: p.text(),
    until: p.datetime(3).nullable(),
    max_uses_per_day: p.integer().nullable(),
    enabled: p.boolean(),
    time_zone: p.text(),
    day: p.text(),
    uses_today: p.integer(),
    uses: p.integer(),
    last_used_at: p.datetime(3).nullable(),
    created_at: p.datetime(3),
  },
  indexes: [{ name: 'approval_rule_of_user', properties: ['customer_id', 'user_id'] }],
});
class ApprovalRuleEntity extends ApprovalRuleSchema.class {}
ApprovalRuleSchema.setClass(ApprovalRuleEntity);

/** Somebody answers a user's questions for a while. */
const DelegationSchema = defineEntity({
  name: 'Delegation',
  tableName: 'delegation',
  triggers: [closedOwnerTrigger, closedOwnerByReceiverTrigger],
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    user_id: p.text(),
    to_user_id: p.text(),
    from_at: p.datetime(3),
    until_at: p.datetime(3),
    created_at: p.datetime(3),
  },
  indexes: [
    { name: 'delegation_of_user', properties: ['customer_id', 'user_id'] },
    { name: 'delegation_to_user', properties: ['customer_id', 'to_user_id'] },
  ],
});
class DelegationEntity extends DelegationSchema.class {}
DelegationSchema.setClass(DelegationEntity);

/** Keys that sign receipts, of all customers. */
const ReceiptKeySchema = defineEntity({
  name: 'ReceiptKey',
  tableName: 'receipt_key',
  properties: {
    kid: p.text().primary(),
    x: p.text(),
    sealed: p.text(),
    created_at: p.datetime(3),
    retired_at: p.datetime(3).nullable(),
  },
});
class ReceiptKeyEntity extends ReceiptKeySchema.class {}
ReceiptKeySchema.setClass(ReceiptKeyEntity);

export const approvalEntities = [
  ...[InputRequestEntity, InputPersonEntity, InputAnswerEntity],
  ...[ApprovalRuleEntity, DelegationEntity, ReceiptKeyEntity, ErasedMissionEntity],
  ClosedOwnerEntity,
  ...outboxEntities,
];
