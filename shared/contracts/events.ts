import type { Static, TSchema } from 'typebox';
import { approvalEvents } from './approval/events.ts';
import { emailEvents } from './email/events.ts';
import { MissionErased, missionEvents } from './mission/events.ts';
import { notifierEvents } from './notifier/events.ts';
import { FormerTimerCancelled, FormerTimerSet } from './scheduler/former-timers.ts';
import { runEvents } from './scheduler/run-events.ts';
import { TimerCancelled, TimerFired, TimerSet } from './scheduler/timers.ts';
import { type Parse, parser } from './schema.ts';
import { tolerantReader } from './tolerant-reader.ts';

/**
 * The data schema of every event, by subject, which is also the CloudEvents type. The AsyncAPI document is generated
 * from this.
 */
export const events = {
  ...missionEvents,
  'mission.erased': MissionErased,
  ...approvalEvents,
  ...emailEvents,
  ...notifierEvents,
  ...runEvents,
  'scheduler.timer_set': FormerTimerSet,
  'scheduler.timer_cancelled': FormerTimerCancelled,
  'scheduler.timer_set_mission': TimerSet,
  'scheduler.timer_set_approval': TimerSet,
  'scheduler.timer_set_email': TimerSet,
  'scheduler.timer_cancelled_mission': TimerCancelled,
  'scheduler.timer_cancelled_approval': TimerCancelled,
  'scheduler.timer_cancelled_email': TimerCancelled,
  'timer.mission': TimerFired,
  'timer.approval': TimerFired,
  'timer.email': TimerFired,
  'timer.scheduler': TimerFired,
} as const satisfies Record<string, TSchema>;

export type EventSubject = keyof typeof events;
export type DataOf<Type extends EventSubject> = Static<(typeof events)[Type]>;

/**
 * A tolerant reader of an event's data: requires the members that this version knows, and accepts members and
 * vocabulary words that a later version adds. Switch over a vocabulary with a default. @throws {Problem}
 * `VALIDATION_FAILED` from the reader.
 */
export const eventReader = <Type extends EventSubject>(type: Type): Parse<DataOf<Type>> =>
  parser(tolerantReader(events[type])) as Parse<DataOf<Type>>;
