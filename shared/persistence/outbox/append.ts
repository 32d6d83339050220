import type { EventEnvelope } from '@missions/contracts/event.ts';
import { currentContext } from '@missions/runtime/context.ts';
import { statement } from '../statement.ts';
import type { Tx } from '../transaction.ts';

/**
 * SQL that inserts events into the outbox, in the given order. For stores whose change is one statement: write
 * `with … , events as (${insertOutbox('$3')}) …` with `outboxRows(events)` as that parameter, then call
 * `wakeRelayAfterCommit(tx)`.
 */
export const insertOutbox = (parameter: string): string => `
  insert into outbox (event_id, type, source, time, customer_id, user_id, mission_id, version, index, traceparent, data)
  select e.id, e.type, e.source, e.time, e.customer_id, e.user_id, e.mission_id, e.version, e.index, e.traceparent,
         e.data
    from json_to_recordset(${parameter}::json) as e(id uuid, type text, source text, time timestamptz, customer_id text,
         user_id text, mission_id text, version int, index int, traceparent text, data json)`;

/** The parameter of `insertOutbox`: JSON text. Events without a trace get that of the current request. */
export function outboxRows(events: readonly EventEnvelope[]): string {
  const traceparent = currentContext()?.traceparent;
  return JSON.stringify(traceparent ? events.map((event) => ({ traceparent, ...event })) : events);
}

/** Wakes the relay once `tx` has committed. */
export const wakeRelayAfterCommit = (tx: Tx): void => tx.afterCommit(() => tx.db.outboxWritten.notify());

const add = statement('outbox.add', insertOutbox('$1'));

/** Inserts events and wakes the relay after the commit; for stores that have no statement of their own for it. */
export async function appendToOutbox(tx: Tx, events: readonly EventEnvelope[]): Promise<void> {
  if (events.length === 0) return;
  await tx.run(add, [outboxRows(events)]);
  wakeRelayAfterCommit(tx);
}
