import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges, missionErased } from '@missions/contracts/mission/changes.ts';
import { readEmailRequested, readUnblocked } from '@missions/contracts/mission/event-readers.ts';
import { readTimerFired } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { blockerReference, isOwnEcho } from '@missions/contracts/waits.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { isReplyTo } from '../store/replies.ts';
import type { CommandTarget } from '../commands/execute-command.ts';
import type { Context } from '../commands/context.ts';
import { requestOf } from '../requests/request.ts';

/** The events that the bridge listens to, by stream, and what each of them asks it to do. */
export const subscribedSubjects = {
  MISSION: [missionChanges.email_requested.subject, missionChanges.unblocked.subject, missionErased],
  SCHEDULER: [timerSubject('email')],
} as const;

/** undefined: nothing of ours. @throws {Problem} `VALIDATION_FAILED` for an event that does not say what it must. */
export function commandFor(context: Context, event: EventEnvelope): CommandTarget | undefined {
  const { type, traceparent } = event;
  const task =
    type === missionChanges.email_requested.subject
      ? requestOf(context, readEmailRequested(event.data).mail)
      : type === missionChanges.unblocked.subject
        ? unblocked(event)
        : type === timerSubject('email')
          ? fired(event)
          : undefined;
  return task && { ...task, traceparent };
}

/**
 * A wait for replies has ended; by the replies, or the lack of them, only if we said so: a signal that is none of ours is the user's ("received")
 * or some service's, and says that no answer is needed any more. Others may wait for the replies to a mail too, in its own mission as well, and
 * what becomes of theirs is nothing to it. An older mission service did not say which it was.
 */
function unblocked({ data, customer_id, user_id, mission_id }: EventEnvelope): CommandTarget | undefined {
  const { metadata } = readUnblocked(data);
  const { key, wait_id, resolution } = metadata;
  const id = blockerReference('email_reply', key);
  if (id === undefined || isOwnEcho(metadata) || !isUuid(id)) return undefined;
  if (wait_id !== undefined && wait_id !== id) return undefined;
  const of = { id, customer_id, user_id, mission_id };
  if (resolution.by === 'cancelled' || resolution.by === 'hand')
    return { customer_id, id, command: (at) => ({ type: 'Cancel', of, by_reply: false, at }) };
  const signal = resolution.by === 'signal' && wait_id !== undefined ? resolution.signal?.id : undefined;
  if (signal === undefined) return undefined;
  return {
    customer_id,
    id,
    command: async (at, tx) => ({ type: 'Cancel', of, by_reply: await isReplyTo(tx, customer_id, id, signal), at }),
  };
}

function fired({ data }: EventEnvelope): CommandTarget {
  const { customer_id, fire_at, payload } = readTimerFired.email(data);
  const due = new Date(fire_at).toISOString();
  return { customer_id, id: payload.tracking_id, command: (at) => ({ type: 'Expire', fire_at: due, at }) };
}
