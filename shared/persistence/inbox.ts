import { defineEntity, p } from '@mikro-orm/core';
import { statement } from './statement.ts';
import type { Tx } from './transaction.ts';

/**
 * The ids of the events that a consumer has handled. The inbox guarantees that each event has its effect once;
 * JetStream's own deduplication forgets ids after minutes.
 */
const Inbox = defineEntity({
  name: 'Inbox',
  tableName: 'inbox',
  properties: {
    consumer: p.text().primary(),
    eventId: p.uuid().primary(),
    claimedAt: p.datetime(3).defaultRaw('now()').index('inbox_claimed_at'),
  },
});

export class InboxEntity extends Inbox.class {}
Inbox.setClass(InboxEntity);

/** Inserts in the order of the ids, so that two overlapping claims wait for each other in one direction only. */
const claimIds = statement(
  'inbox.claim',
  `insert into inbox (consumer, event_id)
   select $1, id from unnest($2::uuid[]) as id order by id
   on conflict do nothing
   returning event_id`,
);

/**
 * Claims events for a consumer within the transaction of their effect. While another transaction holds a claim of the
 * same event, this waits for its end, so that a second delivery never overtakes a roll-back.
 * @returns the ids of the new events; the other events have been handled before.
 */
export async function claimEvents(tx: Tx, consumer: string, eventIds: readonly string[]): Promise<Set<string>> {
  if (eventIds.length === 0) return new Set();
  const rows = await tx.run<{ event_id: string }>(claimIds, [consumer, eventIds]);
  return new Set(rows.map((row) => row.event_id));
}
