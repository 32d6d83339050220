import { consumers, missionEnds } from '@missions/contracts/consumers.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges } from '@missions/contracts/mission/changes.ts';
import { readEmailRequested, readUnblocked } from '@missions/contracts/mission/event-readers.ts';
import { readTimerFired } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { blockerReference, isOwnEcho } from '@missions/contracts/waits.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { eventConsumer } from '@missions/service-kit/event-consumer.ts';
import type { Subscription } from '@missions/service-kit/service.ts';
import { type CommandTarget, type Context, executeCommand } from '../commands/execute-command.ts';
import { requestEmail } from '../commands/request-email.ts';
import { expediteMailOf } from '../store/claim-messages.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { isReplyTo } from '../store/replies.ts';

const emailRequested = missionChanges.email_requested.subject;
const unblocked = missionChanges.unblocked.subject;
const timerFired = timerSubject('email');

interface EndedMission {
  readonly customer_id: string;
  readonly ended_mission_id: string;
}

/** Missions request e-mails, stop waiting for them, and end; timers report deadlines. */
export function emailSubscriptions(context: Context): Subscription[] {
  const handlers = eventConsumer<CommandTarget | EndedMission>({
    db: context.db,
    consumer: 'email-bridge',
    commandFor: (event) => commandFor(context, event),
    async execute(tx, target, event) {
      if ('ended_mission_id' in target) {
        await expediteMailOf(tx, target.customer_id, target.ended_mission_id, dueBy(context.clock));
        tx.afterCommit(context.wakeSender);
        return;
      }
      const { decision } = await executeCommand(tx, context, target);
      if (decision.kind === 'premature') throw new Error(`${event.type} ${event.id} came early: ${decision.reason}`);
      if (decision.kind === 'refused') {
        const fields = { email: target.id, event: event.id, reason: decision.detail };
        context.logger.warn(fields, `refused the command of a ${event.type} event`);
      }
    },
    erase: (tx, { customer_id, mission_id }) =>
      eraseMission(tx, customer_id, mission_id, context.clock.now().toISOString()),
  });
  return [
    { stream: 'MISSION', subjects: consumers['email-bridge'].MISSION, ...handlers },
    { stream: 'SCHEDULER', subjects: consumers['email-bridge'].SCHEDULER, ...handlers },
  ];
}

/**
 * The command that an event asks for; undefined if the event does not concern this service.
 * @throws Problem VALIDATION_FAILED for an event without the members that are needed here.
 */
function commandFor(context: Context, event: EventEnvelope): CommandTarget | EndedMission | undefined {
  const { type, customer_id, mission_id } = event;
  if (missionEnds.some((subject) => subject === type)) return { customer_id, ended_mission_id: mission_id };
  const target = targetOf(context, event);
  return target && { ...target, traceparent: event.traceparent };
}

function targetOf(context: Context, event: EventEnvelope): CommandTarget | undefined {
  switch (event.type) {
    case emailRequested:
      return requestEmail(context, readEmailRequested(event.data).mail);
    case unblocked:
      return cancellation(event);
    case timerFired: {
      const { customer_id, payload } = readTimerFired.email(event.data);
      return { customer_id, id: payload.tracking_id, command: (at) => ({ type: 'Expire', at }) };
    }
    default:
      return undefined;
  }
}

/**
 * A wait for replies has ended. The e-mail is cancelled if its own wait was cancelled, ended by hand, or ended by a
 * signal that is no reply to the e-mail: then the user ("received"), or another service, says that no reply is needed
 * any more. Other tasks, of this mission or another, may wait for replies to the same e-mail; `wait_id` tells their
 * waits apart. A mission service of an older version leaves `wait_id` out; its signals cancel nothing.
 */
function cancellation({ data, customer_id, user_id, mission_id }: EventEnvelope): CommandTarget | undefined {
  const { metadata } = readUnblocked(data);
  const { key, wait_id, resolution } = metadata;
  const id = blockerReference('email_reply', key);
  if (id === undefined || isOwnEcho(metadata) || !isUuid(id)) return undefined;
  if (wait_id !== undefined && wait_id !== id) return undefined;
  const of = { id, customer_id, user_id, mission_id };
  if (resolution.by === 'cancelled' || resolution.by === 'hand') {
    return { customer_id, id, command: (at) => ({ type: 'Cancel', of, by_reply: false, at }) };
  }
  const signalId = resolution.by === 'signal' && wait_id !== undefined ? resolution.signal?.id : undefined;
  if (signalId === undefined) return undefined;
  return {
    customer_id,
    id,
    command: async (at, tx) => ({ type: 'Cancel', of, by_reply: await isReplyTo(tx, customer_id, id, signalId), at }),
  };
}
