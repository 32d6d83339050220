import { RequestedMail } from '@missions/contracts/email/email.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges, missionErased } from '@missions/contracts/mission/changes.ts';
import { TimerFired, timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { parser } from '@missions/contracts/schema.ts';
import { tolerantReader } from '@missions/contracts/tolerant-reader.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { Type } from 'typebox';
import { isReplyTo } from '../store/replies.ts';
import type { CommandTarget } from '../commands/execute-command.ts';
import type { Context } from '../commands/context.ts';
import { requestOf } from '../requests/request.ts';

/** The events that the bridge listens to, by stream, and what each of them asks it to do. */
export const subscribedSubjects = {
  MISSION: [missionChanges.email_requested.subject, missionChanges.unblocked.subject, missionErased],
  SCHEDULER: [timerSubject('email')],
} as const;

const readRequested = parser(tolerantReader(Type.Object({ mail: RequestedMail })));
const readUnblocked = parser(
  Type.Object({
    metadata: Type.Object({
      key: Type.String(),
      wait_id: Type.Optional(Type.String()),
      resolution: Type.Object({ by: Type.String(), signal: Type.Optional(Type.Object({ id: Type.String() })) }),
    }),
  }),
);
const readFired = parser(
  tolerantReader(Type.Object({ ...TimerFired.properties, payload: Type.Object({ tracking_id: Type.String() }) })),
);

/** undefined: nothing of ours. @throws {Problem} `VALIDATION_FAILED` for an event that does not say what it must. */
export function commandFor(context: Context, event: EventEnvelope): CommandTarget | undefined {
  const { type, traceparent } = event;
  const task =
    type === missionChanges.email_requested.subject
      ? requestOf(context, readRequested(event.data).mail)
      : type === missionChanges.unblocked.subject
        ? unblocked(event)
        : type === timerSubject('email')
          ? fired(event)
          : undefined;
  return task && { ...task, traceparent };
}

const REPLY = 'email_reply:';

/**
 * A wait for replies has ended; by the replies, or the lack of them, only if we said so: a signal that is none of ours is the user's ("received")
 * or some service's, and says that no answer is needed any more. Others may wait for the replies to a mail too, in its own mission as well, and
 * what becomes of theirs is nothing to it. An older mission service did not say which it was.
 */
function unblocked({ data, customer_id, user_id, mission_id }: EventEnvelope): CommandTarget | undefined {
  const { key, wait_id, resolution } = readUnblocked(data).metadata;
  const id = key.slice(REPLY.length).toLowerCase();
  if (wait_id !== undefined && wait_id !== id) return undefined;
  if (!key.startsWith(REPLY) || !isUuid(id)) return undefined;
  const of = { id, customer_id, user_id, mission_id };
  if (resolution.by === 'cancelled' || resolution.by === 'hand')
    return { customer_id, id, command: (at) => ({ type: 'Cancel', of, by_reply: false, at }) };
  const signal = resolution.by === 'signal' && wait_id !== undefined ? resolution.signal?.id : undefined;
  if (signal === undefined || signal === `all:${id}`) return undefined;
  return {
    customer_id,
    id,
    command: async (at, tx) => ({ type: 'Cancel', of, by_reply: await isReplyTo(tx, customer_id, id, signal), at }),
  };
}

function fired({ data }: EventEnvelope): CommandTarget {
  const { customer_id, fire_at, payload } = readFired(data);
  const due = new Date(fire_at).toISOString();
  return { customer_id, id: payload.tracking_id, command: (at) => ({ type: 'Expire', fire_at: due, at }) };
}
