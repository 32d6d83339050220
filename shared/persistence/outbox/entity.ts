import { defineEntity, p } from '@mikro-orm/core';

/**
 * An event that was committed with its change, and the time of its publication. Published rows are kept for a while, so
 * that a lost stream can be rebuilt. `data` is `json`, not `jsonb`: it is never queried, only passed on, and `json` is
 * stored and returned unchanged.
 */
const outbox = (name: string, uniques: { name: string; properties: ['eventId'] }[]) =>
  defineEntity({
    name,
    tableName: 'outbox',
    properties: {
      /** Order of insertion. Transactions commit in any order, so the relay cannot use it as a cursor. */
      position: p.bigint('string').primary().autoincrement(),
      eventId: p.uuid(),
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
      /** The message's sequence in its stream: all after the newest one that the stream still holds are lost. */
      streamSeq: p.bigint('string').nullable(),
    },
    indexes: [
      { name: 'outbox_pending', properties: ['position'], where: 'published_at is null' },
      // For the erasure of a mission, which would otherwise read the events of days. The index has no measurable cost.
      { name: 'outbox_of_mission', properties: ['missionId'] },
    ],
    uniques,
  });

const Outbox = outbox('Outbox', []);
export class OutboxEntity extends Outbox.class {}
Outbox.setClass(OutboxEntity);

/** For a service that makes the ids of events from their cause, and knows by them what it has written already. */
const OutboxOfMadeIds = outbox('OutboxOfMadeIds', [{ name: 'outbox_event_id_key', properties: ['eventId'] }]);
export class OutboxOfMadeIdsEntity extends OutboxOfMadeIds.class {}
OutboxOfMadeIds.setClass(OutboxOfMadeIdsEntity);
