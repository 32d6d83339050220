import { defineEntity, p } from '@mikro-orm/core';
import { timerOwners } from '@missions/contracts/scheduler/timers.ts';
import { outboxEntities } from '@missions/persistence/schema.ts';
import { runEntities } from '../runs/store/entities.ts';

const PENDING = 'fired_at is null and cancelled_at is null';

/**
 * The scheduler's table of timers. Properties bear the columns' names. It is written and read through the prepared statements beside this
 * file; a spec holds this entity against the migrated schema.
 */
const Timer = defineEntity({
  name: 'Timer',
  tableName: 'timer',
  properties: {
    owner: p.enum([...timerOwners]).primary(),
    key: p.text().primary(),
    /** The highest that was seen; the rest of the row is about it. */
    revision: p.integer(),
    customer_id: p.text(),
    user_id: p.text(),
    mission_id: p.text(),
    /** Null in the tombstone of a timer that was never set. */
    fire_at: p.datetime(3).nullable(),
    /** `json`, not `jsonb`: it is never queried, and comes out as it went in. */
    payload: p.json<Record<string, unknown>>().columnType('json'),
    /** Of the request that set it: its firing belongs to the same trace. */
    traceparent: p.text().nullable(),
    fired_at: p.datetime(3).nullable(),
    cancelled_at: p.datetime(3).nullable(),
  },
  indexes: [
    { name: 'timer_pending', properties: ['fire_at'], where: PENDING },
    { name: 'timer_fired', properties: ['fired_at'], where: 'fired_at is not null' },
    { name: 'timer_cancelled', properties: ['cancelled_at'], where: 'cancelled_at is not null' },
    // For the erasure of a mission.
    { name: 'timer_mission', properties: ['mission_id'] },
  ],
  checks: [
    { name: 'timer_one_outcome', expression: 'fired_at is null or cancelled_at is null' },
    { name: 'timer_never_early', expression: 'fired_at is null or fired_at >= fire_at' },
    { name: 'timer_has_a_time', expression: 'fire_at is not null or cancelled_at is not null' },
  ],
});
export class TimerEntity extends Timer.class {}
Timer.setClass(TimerEntity);

export const schedulerEntities = [TimerEntity, ...runEntities, ...outboxEntities];
