import { type Static, type TSchema, Type } from 'typebox';
import type { JsonObject as JsonObjectSchema } from '../fields.ts';
import { type Parse, parser } from '../schema.ts';
import { tolerantReader } from '../tolerant-reader.ts';
import { TimerFired, type TimerOwner } from './timers.ts';

/**
 * Keys and payloads of the timers that each service sets (specification section 8). The scheduler stores a payload as
 * it is and gives it back in `timer.<owner>`; only the owner reads it.
 *
 *   owner     key                    payload                 set by
 *   mission   blocker:<blocker id>   {blocker_id}            mission: the deadline of a wait
 *   mission   life:<mission id>      {life: true, deadline}  scheduler, from the deadline in the mission's events
 *   approval  expire:<request id>    {request_id, kind}      versions before: the deadline of an input request
 *   approval  remind:<request id>    {request_id, kind}      versions before: its reminder
 *   email     email:<tracking id>    {tracking_id}           email-bridge: the deadline of replies
 *
 * The owner `scheduler` sets no timer today.
 */
export const inputRequestTimers = ['expire', 'remind'] as const;
export type InputRequestTimer = (typeof inputRequestTimers)[number];

export const timerKey = {
  blocker: (blockerId: string): string => `blocker:${blockerId}`,
  life: (missionId: string): string => `life:${missionId}`,
  inputRequest: (timer: InputRequestTimer, requestId: string): string => `${timer}:${requestId}`,
  email: (trackingId: string): string => `email:${trackingId}`,
} as const;

export const BlockerTimerPayload = Type.Object({ blocker_id: Type.String() });
export type BlockerTimerPayload = Static<typeof BlockerTimerPayload>;

/** `deadline`: the same moment as the timer's `fire_at`, as the mission's event had it. */
export const LifeTimerPayload = Type.Object({ life: Type.Literal(true), deadline: Type.String() });
export type LifeTimerPayload = Static<typeof LifeTimerPayload>;

export const InputRequestTimerPayload = Type.Object({
  request_id: Type.String(),
  kind: Type.Enum([...inputRequestTimers]),
});
export type InputRequestTimerPayload = Static<typeof InputRequestTimerPayload>;

export const EmailTimerPayload = Type.Object({ tracking_id: Type.String() });
export type EmailTimerPayload = Static<typeof EmailTimerPayload>;

const firedReader = <Payload extends TSchema>(
  payload: Payload,
): Parse<Omit<TimerFired, 'payload'> & { payload: Static<Payload> }> =>
  parser(tolerantReader(Type.Object({ ...TimerFired.properties, payload }))) as never;

/**
 * Readers of the data of `timer.<owner>`, by owner. A `kind` that this version does not know is let through: switch
 * over it with a default. The mission service owns two sorts of timers, which `isLifeTimer` and `isBlockerTimer` tell
 * apart.
 * @throws {Problem} `VALIDATION_FAILED`
 */
export const readTimerFired = {
  mission: firedReader(TimerFired.properties.payload),
  approval: firedReader(InputRequestTimerPayload),
  email: firedReader(EmailTimerPayload),
} as const satisfies Partial<Record<TimerOwner, Parse<unknown>>>;

type Payload = Static<typeof JsonObjectSchema>;

export const isLifeTimer = (payload: Payload): boolean => payload['life'] === true;
export const isBlockerTimer = (payload: Payload): payload is BlockerTimerPayload =>
  typeof payload['blocker_id'] === 'string';
