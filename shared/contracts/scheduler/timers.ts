import { type Static, Type } from 'typebox';
import { Identifier, JsonObject, Time } from '../fields.ts';

/**
 * Durable timers (specification sections 3.7 and 8). A service sets one by publishing `scheduler.timer_set_<owner>` from
 * its outbox. The scheduler publishes `timer.<owner>` once per revision and never before `fire_at`. The owner's state
 * makes the effect happen once; its handler checks that the timer still applies, and when it is due.
 */
export const timerOwners = ['mission', 'approval', 'email', 'scheduler'] as const;
export type TimerOwner = (typeof timerOwners)[number];

/** The owners that set and cancel their timers by events. The scheduler writes the timers that it sets itself. */
export const publishingTimerOwners = ['mission', 'approval', 'email'] as const;
export type PublishingTimerOwner = (typeof publishingTimerOwners)[number];

const scope = { customer_id: Identifier, user_id: Identifier, mission_id: Type.String() };

/** The owner stands in the subject alone: the server checks who publishes on it, and nobody checks what data say. */
export const TimerSet = Type.Object({
  ...scope,
  /** Unique per owner, e.g. `blocker:<id>`: see timer-payloads.ts. */
  key: Type.String({ minLength: 1, maxLength: 255 }),
  /** Revision of the timer with this key: a set or cancel is ignored if the stored revision is equal or higher. */
  revision: Type.Integer({ minimum: 1 }),
  fire_at: Time,
  payload: JsonObject,
});
export type TimerSet = Static<typeof TimerSet>;

export const TimerCancelled = Type.Object({
  ...scope,
  key: Type.String({ minLength: 1, maxLength: 255 }),
  revision: Type.Integer({ minimum: 1 }),
});
export type TimerCancelled = Static<typeof TimerCancelled>;

/** The data of `timer.<owner>`. */
export const TimerFired = Type.Object({
  ...scope,
  owner: Type.Enum([...timerOwners]),
  key: Type.String(),
  revision: Type.Integer({ minimum: 1 }),
  fire_at: Time,
  fired_at: Time,
  payload: JsonObject,
});
export type TimerFired = Static<typeof TimerFired>;

export const timerSetSubject = <Owner extends PublishingTimerOwner>(owner: Owner): `scheduler.timer_set_${Owner}` =>
  `scheduler.timer_set_${owner}`;
export const timerCancelledSubject = <Owner extends PublishingTimerOwner>(
  owner: Owner,
): `scheduler.timer_cancelled_${Owner}` => `scheduler.timer_cancelled_${owner}`;
export const timerSubject = <Owner extends TimerOwner>(owner: Owner): `timer.${Owner}` => `timer.${owner}`;

const firings = new Set<string>(timerOwners.map(timerSubject));

/**
 * An event that says that a timer is due. No owner claims its id in the inbox: it decides by its own deadline and its
 * own state, so that a firing has its effect once all the same. A claim would let a forged firing with the id of a true
 * one, which asks for something else, use up that id: the true one would be dropped as a repetition (decision 0021).
 */
export const isTimerFiring = ({ type }: { readonly type: string }): boolean => firings.has(type);
