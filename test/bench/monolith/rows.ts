import type { Creation } from './mission.ts';

/** One table's insert: names and values of its columns. Both ways of writing take theirs from here. */
export interface Insert {
  table: string;
  columns: string[];
  values: unknown[];
}

export function inserts({ mission, event, outboxEventId, traceparent, idempotency, answer }: Creation): Insert[] {
  return [
    insert('mission', {
      id: mission.id,
      customer_id: mission.customer_id,
      user_id: mission.user_id,
      title: mission.title,
      description: mission.description,
      created_by_agent_id: mission.created_by_agent_id,
      origin_conversation_id: mission.origin_conversation_id,
      status: mission.status,
      phase: mission.phase,
      priority: mission.priority,
      due_at: mission.due_at,
      summary: mission.summary,
      details: mission.details,
      blocked_by: mission.blocked_by,
      can_run_autonomously: mission.can_run_autonomously,
      max_lifetime_hours: mission.max_lifetime_hours,
      metadata: mission.metadata,
      version: mission.version,
      created_at: mission.created_at,
      updated_at: mission.updated_at,
    }),
    insert('event', {
      id: event.id,
      mission_id: event.mission_id,
      sequence: event.sequence,
      event_type: event.event_type,
      conversation_id: event.conversation_id,
      agent_id: event.agent_id,
      task_id: event.task_id,
      title: event.title,
      content: event.content,
      metadata: event.metadata,
      created_at: event.created_at,
    }),
    insert('outbox', {
      event_id: outboxEventId,
      type: 'mission.created',
      source: '/services/mission',
      time: event.created_at,
      customer_id: mission.customer_id,
      user_id: mission.user_id,
      mission_id: mission.id,
      version: mission.version,
      index: 0,
      traceparent,
      data: { event, mission: { id: mission.id, title: mission.title, status: mission.status, phase: mission.phase, priority: mission.priority } },
    }),
    insert('idempotency', {
      scope_hash: idempotency.scope,
      key: idempotency.key,
      hash: idempotency.hash,
      answer,
      version: mission.version,
      created_at: mission.created_at,
    }),
  ];
}

function insert(table: string, row: Record<string, unknown>): Insert {
  return { table, columns: Object.keys(row), values: Object.values(row) };
}

export const insertText = ({ table, columns }: Insert, firstParameter = 1): string =>
  `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + firstParameter}`).join(', ')})`;
