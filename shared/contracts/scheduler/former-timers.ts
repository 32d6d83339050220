import { type Static, Type } from 'typebox';
import {
  publishingTimerOwners,
  TimerCancelled,
  timerCancelledSubject,
  type TimerOwner,
  timerOwners,
  TimerSet,
  timerSetSubject,
} from './timers.ts';

/**
 * Up to version 0.1 all owners set and cancelled timers on the same two subjects, and the data named the owner. No
 * service may publish on them any more, so that what the stream still holds there was stored before, when only the
 * sender's word said who it was. The operator's login may, to bring back what was lost (decision 0021).
 *
 * This file, its subjects in the scheduler's consumer and their two schemas can go in the version after the next: a
 * stream keeps a message for 14 days, and an outbox a published row for 72 hours.
 */
const owner = { owner: Type.Enum([...timerOwners]) };
export const FormerTimerSet = Type.Object({ ...TimerSet.properties, ...owner });
export type FormerTimerSet = Static<typeof FormerTimerSet>;
export const FormerTimerCancelled = Type.Object({ ...TimerCancelled.properties, ...owner });

export const formerTimerSetSubject = 'scheduler.timer_set';
export const formerTimerCancelledSubject = 'scheduler.timer_cancelled';

/** The CloudEvents source of the only service whose messages on the former subjects set and cancel that owner's timers. */
export const timerOwnerSources: Record<TimerOwner, string> = {
  mission: '/services/mission',
  approval: '/services/approval',
  email: '/services/email-bridge',
  scheduler: '/services/scheduler',
};

/**
 * The subject of an event that waits in an outbox. A row under a former subject gets that of its owner: it was written
 * by the version before, or by a copy of it that still runs beside this one.
 */
export function subjectOfStored(type: string, source: string): string {
  if (type !== formerTimerSetSubject && type !== formerTimerCancelledSubject) return type;
  const owner = publishingTimerOwners.find((one) => timerOwnerSources[one] === source);
  if (owner === undefined) return type;
  return type === formerTimerSetSubject ? timerSetSubject(owner) : timerCancelledSubject(owner);
}
