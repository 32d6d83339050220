import type { ApprovalEventType } from '@missions/contracts/approval/events.ts';
import type { AskedInputRequest, TaskTexts } from '@missions/contracts/approval/input-request.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Database } from '@missions/persistence/database.ts';
import { newId } from '@missions/runtime/id.ts';

export interface OutboxEvent {
  readonly type: ApprovalEventType;
  readonly version: number;
  readonly index: number;
  readonly time: Date;
  readonly data: Record<string, any>;
}

/** The events in the outbox that are about an input request, in order. */
export async function eventsAbout(db: Database, id: string): Promise<OutboxEvent[]> {
  // Selects by mission first: looking into the data of every row is slow.
  const sql = `select type, version, index, time, data from outbox
    where mission_id in (select mission_id::text from input_request where id = $1::uuid)
      and (data ->> 'request_id' = $1::text or data ->> 'key' like '%' || $1::text) order by position`;
  const { rows } = await db.pool.query(sql, [id]);
  return rows.map((row) => ({ ...row, time: new Date(row.time) }));
}

/** An input request to `ada`, pending for an hour from `at` unless `over` says otherwise. */
export function askedRequest(at: Date, over: Partial<AskedInputRequest> = {}): AskedInputRequest {
  return {
    id: newId(),
    customer_id: 'acme',
    user_id: 'ada',
    mission_id: newId(),
    task_id: null,
    conversation_id: 'chat-1',
    prompt: 'Book Tuesday at 10?',
    options: [
      { id: 'yes', label: 'Yes' },
      { id: 'no', label: 'No', description: 'look for another slot' },
    ],
    allow_freeform: true,
    context: { slot: 'Tue 10:00' },
    urgency: 'normal',
    expires_at: new Date(at.getTime() + 3_600_000).toISOString(),
    default_option: null,
    remind_at: null,
    created_at: at.toISOString(),
    ...over,
  };
}

const event = (type: string, of: AskedInputRequest, data: Record<string, unknown>): EventEnvelope => ({
  id: newId(),
  type,
  source: '/spec',
  time: of.created_at,
  customer_id: of.customer_id,
  user_id: of.user_id,
  mission_id: of.mission_id,
  version: 2,
  index: 0,
  data,
});

export const inputRequestedEvent = (of: AskedInputRequest): EventEnvelope =>
  event('mission.input_requested', of, { question: of });

/** A change of the request's task in the mission's version `version`. */
export const taskUpdatedEvent = (of: AskedInputRequest, version: number, task_texts?: TaskTexts): EventEnvelope => ({
  ...event('mission.task_updated', of, { task: { id: of.task_id }, ...(task_texts && { task_texts }) }),
  version,
});

export const unblockedEvent = (of: AskedInputRequest, by = 'cancelled', key = `human_input:${of.id}`): EventEnvelope =>
  event('mission.unblocked', of, { metadata: { key, resolution: { by } } });

export function timerFiredEvent(
  of: AskedInputRequest,
  kind: 'expire' | 'remind',
  fire_at = kind === 'expire' ? of.expires_at : (of.remind_at ?? ''),
): EventEnvelope {
  const { customer_id, user_id, mission_id } = of;
  return event('timer.approval', of, {
    customer_id,
    user_id,
    mission_id,
    owner: 'approval',
    key: `${kind}:${of.id}`,
    revision: 1,
    fire_at,
    fired_at: fire_at,
    payload: { request_id: of.id, kind },
  });
}
