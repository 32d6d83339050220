import { type Static, Type } from 'typebox';
import { Identifier, JsonObject, Time } from '../fields.ts';

/**
 * Durable timers (specification section 3.7 and 8). A service sets one by publishing `scheduler.timer_set` from its outbox, and is told by
 * `timer.<owner>`, once per revision, never before `fire_at`. The owner's inbox makes the effect happen once; its handler checks that it still
 * applies.
 */
export const timerOwners = ['mission', 'approval', 'email', 'scheduler'] as const;
export type TimerOwner = (typeof timerOwners)[number];

const scope = { customer_id: Identifier, user_id: Identifier, mission_id: Type.String() };

export const TimerSet = Type.Object({
  ...scope,
  owner: Type.Enum([...timerOwners]),
  /** Unique per owner, e.g. `blocker:<id>`. */
  key: Type.String({ minLength: 1, maxLength: 255 }),
  /** Of this key; an older or equal set or cancel than what is stored is ignored. */
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
