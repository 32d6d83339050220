import type { EventEnvelope } from '@missions/contracts/event.ts';
import { subjectOfStored } from '@missions/contracts/scheduler/former-timers.ts';

/** The columns of an `OutboxRow`. The event's data is read as the JSON text that it is stored as. */
export const OUTBOX_COLUMNS =
  'position, event_id, type, source, time, customer_id, user_id, mission_id, version, index, traceparent, ' +
  'data::text as body';

/** A row as a connection outside the pool gives it, where times are `Date`s. */
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

/** An event of the outbox. `body` is its data as JSON text, which can be sent on without being parsed. */
export interface StoredEvent {
  position: string;
  event: EventEnvelope;
  body: string;
}

export function toStoredEvent(row: OutboxRow): StoredEvent {
  const { position, event_id, time, traceparent, body, ...same } = row;
  const event = {
    ...same,
    type: subjectOfStored(row.type, row.source),
    id: event_id,
    time: time.toISOString(),
    ...(traceparent !== null && { traceparent }),
    // Parsed only when read.
    get data() {
      return JSON.parse(body) as Record<string, unknown>;
    },
  };
  return { position, event, body };
}
