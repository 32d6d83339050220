import { createHash } from 'node:crypto';
import type { Creation } from './mission.ts';

/** One table's insert: names and values of its columns. Both ways of writing take theirs from here. */
export interface Insert {
  table: string;
  columns: string[];
  values: unknown[];
}

/** Columns that are computed in SQL from their parameter. */
const computed: Record<string, (parameter: string) => string> = {
  // Each word is prefixed with its owner, as in the product's search.
  search: (words) =>
    `ltrim(replace(' ' || to_tsvector('simple', (${words}::text[])[1])::text, ' ''', ' ''' || (${words}::text[])[2]))::tsvector`,
};

export function inserts({ mission, event, traceparent, idempotency, answer }: Creation): Insert[] {
  const { tasks: _tasks, recent_events: _events, blockers: _blockers, input_requests: _requests, ...columns } = mission;
  const { customer_id, user_id, id: mission_id, version } = mission;
  return [
    insert('mission', {
      ...columns,
      return_phase: null,
      cancelled: false,
      unanswered_at: null,
      deletion: null,
      attention: '[]',
      mailed: false,
      fence: 0,
      run_id: null,
      run_fence: null,
      last_sequence: 1,
      search: [
        `${mission.title}\n${mission.description}`,
        createHash('md5').update(`${customer_id}\u001f${user_id}`).digest('hex').slice(0, 12),
      ],
    }),
    insert('mission_event', { ...event, customer_id }),
    insert('outbox', {
      event_id: event.id,
      type: 'mission.created',
      source: '/services/mission',
      time: event.created_at,
      customer_id,
      user_id,
      mission_id,
      version,
      index: 0,
      traceparent,
      data: eventData(mission, event),
    }),
    insert('idempotency', {
      scope_hash: idempotency.scope,
      key: idempotency.key,
      hash: idempotency.hash,
      answer,
      version,
    }),
  ];
}

/** The data of the product's `mission.created`. */
const eventData = (mission: Creation['mission'], event: Creation['event']): object => ({
  customer_id: mission.customer_id,
  user_id: mission.user_id,
  mission_id: mission.id,
  version: mission.version,
  index: 0,
  sequence: event.sequence,
  event_type: event.event_type,
  conversation_id: event.conversation_id,
  agent_id: event.agent_id,
  title: event.title,
  content: event.content,
  metadata: event.metadata,
  by_run: false,
  task: null,
  mission: {
    title: mission.title,
    status: mission.status,
    phase: mission.phase,
    paused_by: mission.paused_by,
    priority: mission.priority,
    can_run_autonomously: mission.can_run_autonomously,
    max_lifetime_hours: mission.max_lifetime_hours,
    deleted: false,
    life_deadline_at: null,
    fence: 0,
    run_id: null,
    last_user_engagement_at: mission.last_user_engagement_at,
    blocked_by: mission.blocked_by,
    task_counts: mission.task_counts,
    needs_attention: mission.needs_attention,
    created_at: mission.created_at,
  },
});

function insert(table: string, row: Record<string, unknown>): Insert {
  return { table, columns: Object.keys(row), values: Object.values(row) };
}

export const insertText = ({ table, columns }: Insert, firstParameter = 1): string =>
  `insert into ${table} (${columns.join(', ')}) values (${columns.map((column, at) => (computed[column] ?? String)(`$${at + firstParameter}`)).join(', ')})`;
