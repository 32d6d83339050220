import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges, missionErased } from '@missions/contracts/mission/changes.ts';
import { readInputRequested, readUnblocked } from '@missions/contracts/mission/event-readers.ts';
import { readTimerFired } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { blockerReference, isOwnEcho } from '@missions/contracts/waits.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { eventConsumer } from '@missions/service-kit/event-consumer.ts';
import type { Subscription } from '@missions/service-kit/service.ts';
import { type CommandTarget, type Context, executeCommand } from '../commands/execute-command.ts';
import { eraseMission } from '../store/erase-mission.ts';

const inputRequested = missionChanges.input_requested.subject;
const unblocked = missionChanges.unblocked.subject;
const timerFired = timerSubject('approval');

/** Input requests come from missions and their deadlines from timers. */
export function approvalSubscriptions(context: Context): Subscription[] {
  const handlers = eventConsumer<CommandTarget>({
    db: context.db,
    consumer: 'approval',
    commandFor,
    async execute(tx, target, event) {
      const { decision } = await executeCommand(tx, context, target);
      if (decision.kind === 'premature') throw new Error(`${event.type} ${event.id} came early: ${decision.reason}`);
    },
    erase: (tx, { customer_id, mission_id }) =>
      eraseMission(tx, customer_id, mission_id, context.clock.now().toISOString()),
  });
  return [
    { stream: 'MISSION', subjects: [inputRequested, unblocked, missionErased], ...handlers },
    { stream: 'SCHEDULER', subjects: [timerFired], ...handlers },
  ];
}

/**
 * What an event asks this service to do; undefined if the event does not concern it.
 * @throws Problem VALIDATION_FAILED for an event without the members that are needed here.
 */
function commandFor(event: EventEnvelope): CommandTarget | undefined {
  const target = targetOf(event);
  return target && { ...target, traceparent: event.traceparent };
}

function targetOf(event: EventEnvelope): CommandTarget | undefined {
  switch (event.type) {
    case inputRequested: {
      const { question } = readInputRequested(event.data);
      return { customer_id: question.customer_id, id: question.id, command: () => ({ type: 'Ask', question }) };
    }
    case unblocked:
      return cancellation(event);
    case timerFired: {
      const { customer_id, fire_at, payload } = readTimerFired.approval(event.data);
      const type = payload.kind === 'expire' ? 'Expire' : payload.kind === 'remind' ? 'Remind' : undefined;
      const setFor = new Date(fire_at).toISOString();
      return type && { customer_id, id: payload.request_id, command: (at) => ({ type, fire_at: setFor, at }) };
    }
    default:
      return undefined;
  }
}

/**
 * The wait for a response has ended. If the response itself ended it, this event is the echo of this service's own
 * `approval.responded`.
 */
function cancellation({ data, customer_id, user_id, mission_id }: EventEnvelope): CommandTarget | undefined {
  const { metadata } = readUnblocked(data);
  const id = blockerReference('human_input', metadata.key);
  if (id === undefined || isOwnEcho(metadata) || !isUuid(id)) return undefined;
  return { customer_id, id, command: (at) => ({ type: 'Cancel', of: { id, customer_id, user_id, mission_id }, at }) };
}
