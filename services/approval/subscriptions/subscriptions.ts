import { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges, missionErased } from '@missions/contracts/mission/changes.ts';
import { TimerFired, timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { parser } from '@missions/contracts/schema.ts';
import { tolerantReader } from '@missions/contracts/tolerant-reader.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { eventConsumer } from '@missions/service-kit/event-consumer.ts';
import type { Subscription } from '@missions/service-kit/service.ts';
import { Type } from 'typebox';
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

const readRequested = parser(tolerantReader(Type.Object({ question: AskedInputRequest })));
const readUnblocked = parser(
  Type.Object({ metadata: Type.Object({ key: Type.String(), resolution: Type.Object({ by: Type.String() }) }) }),
);
const readFired = parser(
  tolerantReader(
    Type.Object({ ...TimerFired.properties, payload: Type.Object({ request_id: Type.String(), kind: Type.String() }) }),
  ),
);

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
      const { question } = readRequested(event.data);
      return { customer_id: question.customer_id, id: question.id, command: () => ({ type: 'Ask', question }) };
    }
    case unblocked:
      return cancellation(event);
    case timerFired: {
      const { customer_id, fire_at, payload } = readFired(event.data);
      const type = payload.kind === 'expire' ? 'Expire' : payload.kind === 'remind' ? 'Remind' : undefined;
      const setFor = new Date(fire_at).toISOString();
      return type && { customer_id, id: payload.request_id, command: (at) => ({ type, fire_at: setFor, at }) };
    }
    default:
      return undefined;
  }
}

const KEY_PREFIX = 'human_input:';

/** The wait for a response has ended. If the response itself ended it, this event is the echo of this service's own `approval.responded`. */
function cancellation({ data, customer_id, user_id, mission_id }: EventEnvelope): CommandTarget | undefined {
  const { key, resolution } = readUnblocked(data).metadata;
  const id = key.slice(KEY_PREFIX.length).toLowerCase();
  if (!key.startsWith(KEY_PREFIX) || resolution.by === 'answer' || !isUuid(id)) return undefined;
  return { customer_id, id, command: (at) => ({ type: 'Cancel', of: { id, customer_id, user_id, mission_id }, at }) };
}
