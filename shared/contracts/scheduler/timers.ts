import { type Static, Type } from 'typebox';
import { Identifier, JsonObject, Time } from '../fields.ts';

/**
 * Durable timers (specification sections 3.7 and 8). A service sets one by publishing `scheduler.timer_set` from its
 * outbox. The scheduler publishes `timer.<owner>` once per revision and never before `fire_at`. The owner's inbox makes
 * the effect happen once; its handler checks that the timer still applies.
 */
export const timerOwners = ['mission', 'approval', 'email', 'scheduler'] as const;
export type TimerOwner = (typeof timerOwners)[number];

/** The CloudEvents source of the only service that may set and cancel timers of that owner. */
export const timerOwnerSources: Record<TimerOwner, string> = {
  mission: '/services/mission',
  approval: '/services/approval',
  email: '/services/email-bridge',
  scheduler: '/services/scheduler',
};

const scope = { customer_id: Identifier, user_id: Identifier, mission_id: Type.String() };

export const TimerSet = Type.Object({
  ...scope,
  owner: Type.Enum([...timerOwners]),
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
  owner: Type.Enum([...timerOwners]),
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

export const timerSetSubject = 'scheduler.timer_set';
export const timerCancelledSubject = 'scheduler.timer_cancelled';
export const timerSubject = <Owner extends TimerOwner>(owner: Owner): `timer.${Owner}` => `timer.${owner}`;
