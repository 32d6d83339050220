import type { EventEnvelope } from '@missions/contracts/event.ts';
import type pg from 'pg';
import { execute, statement } from '../statement.ts';

/** A pending row: the event, and its data as the JSON text it is stored as, which can be sent on without being parsed. */
export interface PendingEvent {
  position: string;
  event: EventEnvelope;
  body: string;
}

/** A row as a connection of its own gives it. */
export interface OutboxRow {
  position: string;
  event_id: string;
  type: string;
  source: string;
  time: Date;
  customer_id: string;
  user_id: string;
  mission_id: string;
  version: number;
  index: number;
  traceparent: string | null;
  body: string;
}

/** What is pending, not what is above a last position: a transaction that took a lower position may commit later. */
const pending = statement(
  'outbox.pending',
  `select position, event_id, type, source, time, customer_id, user_id, mission_id, version, index, traceparent, data::text as body
     from outbox
    where published_at is null and mission_id <> all($2::text[])
    order by position
    limit $1`,
);
const published = statement(
  'outbox.published',
  'update outbox set published_at = now() where position = any($1::bigint[])',
);

/** The oldest pending events, without those of the missions in `except`. */
export async function readPending(
  client: pg.Client,
  limit: number,
  except: readonly string[],
): Promise<PendingEvent[]> {
  return (await execute<OutboxRow>(client, pending, [limit, except])).map(pendingEvent);
}

export async function markPublished(client: pg.Client, positions: readonly string[]): Promise<void> {
  await execute(client, published, [positions]);
}

export function pendingEvent(row: OutboxRow): PendingEvent {
  const { position, event_id, time, traceparent, body, ...same } = row;
  const event = {
    ...same,
    id: event_id,
    time: time.toISOString(),
    ...(traceparent !== null && { traceparent }),
    // Parsed only for those who look.
    get data() {
      return JSON.parse(body) as Record<string, unknown>;
    },
  };
  return { position, event, body };
}
