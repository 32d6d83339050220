import { defineEntity, p } from '@mikro-orm/core';

/**
 * An event that was committed with its change, and what became of it. Published rows stay for a while, so that a stream that was lost can
 * be filled again. `data` is `json`, not `jsonb`: it is never queried, only passed on, and `json` is stored and returned as text, as it came.
 */
const Outbox = defineEntity({
  name: 'Outbox',
  tableName: 'outbox',
  properties: {
    /** Order of insertion. Transactions commit in any order, so it is no cursor: see the relay. */
    position: p.bigint('string').primary().autoincrement(),
    eventId: p.uuid().unique('outbox_event_id_key'),
    type: p.text(),
    source: p.text(),
    time: p.datetime(3),
    customerId: p.text(),
    userId: p.text(),
    missionId: p.text(),
    version: p.integer(),
    index: p.integer(),
    traceparent: p.text().nullable(),
    data: p.json<Record<string, unknown>>().columnType('json'),
    publishedAt: p.datetime(3).nullable(),
  },
  indexes: [
    { name: 'outbox_pending', properties: ['position'], where: 'published_at is null' },
    // For the erasure of a mission, which would otherwise read days of events. An event costs no measurably longer for it.
    { name: 'outbox_of_mission', properties: ['missionId'] },
  ],
});

export class OutboxEntity extends Outbox.class {}
Outbox.setClass(OutboxEntity);
