import { createHash } from 'node:crypto';
import { NewMission } from '@missions/contracts/mission/bodies.ts';
import { type MissionDetail, type MissionEvent } from '@missions/contracts/mission/representation.ts';
import { taskStatuses } from '@missions/contracts/mission/vocabulary.ts';
import { Identifier, closed } from '@missions/contracts/fields.ts';
import { newId } from '@missions/runtime/id.ts';
import { type Static, Type } from 'typebox';

/** The body of a creation, by the product's own schema, so that both validate alike. */
export const Body = Type.Object(
  { ...NewMission.properties, user_id: Identifier, agent_id: Type.Optional(Identifier) },
  closed,
);
export type Body = Static<typeof Body>;

/** The rows that one creation writes, and its response. */
export interface Creation {
  mission: MissionDetail;
  event: MissionEvent;
  traceparent: string | null;
  idempotency: { scope: string; key: string; hash: string };
  answer: string;
}

export interface Call {
  customerId: string;
  idempotencyKey: string;
  traceparent: string | null;
}

export function creation(body: Body, call: Call, now: string): Creation {
  const id = newId();
  const agent = body.agent_id ?? null;
  const event: MissionEvent = {
    id: newId(),
    mission_id: id,
    sequence: 1,
    event_type: 'created',
    conversation_id: body.conversation_id ?? '',
    agent_id: agent,
    task_id: null,
    title: body.title,
    content: '',
    metadata: { status: 'active', phase: 'planning' },
    created_at: now,
  };
  const mission: MissionDetail = {
    id,
    customer_id: call.customerId,
    user_id: body.user_id,
    title: body.title,
    description: body.description ?? '',
    created_by_agent_id: agent,
    origin_conversation_id: body.conversation_id ?? '',
    status: 'active',
    phase: 'planning',
    paused_by: null,
    priority: body.priority ?? 'normal',
    due_at: body.due_at ?? null,
    completed_at: null,
    outcome: null,
    summary: '',
    details: {},
    blocked_by: '',
    blocked_since: null,
    can_run_autonomously: body.can_run_autonomously ?? false,
    last_autonomous_check: null,
    max_lifetime_hours: body.max_lifetime_hours ?? 168,
    last_user_engagement_at: null,
    stale_notified_at: null,
    grace_period_ends_at: null,
    deleted_at: null,
    metadata: body.metadata ?? {},
    version: 1,
    task_counts: Object.fromEntries(taskStatuses.map((status) => [status, 0])) as MissionDetail['task_counts'],
    progress: null,
    needs_attention: false,
    attention: [],
    created_at: now,
    updated_at: now,
    tasks: [],
    recent_events: [event],
    blockers: [],
    input_requests: [],
  };
  return {
    mission,
    event,
    traceparent: call.traceparent,
    idempotency: {
      scope: sha256(`service ${call.customerId} ${body.user_id} POST /api/internal/missions`),
      key: call.idempotencyKey,
      hash: sha256(JSON.stringify(body)),
    },
    answer: JSON.stringify(mission),
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
