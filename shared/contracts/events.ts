import type { Static, TSchema } from 'typebox';
import { approvalEvents } from './approval/events.ts';
import { emailEvents } from './email/events.ts';
import { MissionErased, missionEvents } from './mission/events.ts';
import { runEvents } from './scheduler/run-events.ts';
import { TimerCancelled, TimerFired, TimerSet } from './scheduler/timers.ts';
import { type Parse, parser } from './schema.ts';
import { tolerantReader } from './tolerant-reader.ts';

/** Every event that has a schema, by its subject, which is its CloudEvents type too. The AsyncAPI document is made from this. */
export const events = {
  ...missionEvents,
  'mission.erased': MissionErased,
  ...approvalEvents,
  ...emailEvents,
  ...runEvents,
  'scheduler.timer_set': TimerSet,
  'scheduler.timer_cancelled': TimerCancelled,
  'timer.mission': TimerFired,
  'timer.approval': TimerFired,
  'timer.email': TimerFired,
  'timer.scheduler': TimerFired,
} as const satisfies Record<string, TSchema>;

export type EventType = keyof typeof events;
export type DataOf<Type extends EventType> = Static<(typeof events)[Type]>;

/**
 * Reads the data of an event as a consumer should: it asks for what this version needs, and takes whatever a later one adds, members and words
 * of a vocabulary alike. Switch over such a word with a default.
 */
export const eventReader = <Type extends EventType>(type: Type): Parse<DataOf<Type>> =>
  parser(tolerantReader(events[type])) as Parse<DataOf<Type>>;
