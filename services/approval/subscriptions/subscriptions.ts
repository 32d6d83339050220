import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import { consumers } from '@missions/contracts/consumers.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges } from '@missions/contracts/mission/changes.ts';
import { readInputRequested, readTaskTexts, readUnblocked } from '@missions/contracts/mission/event-readers.ts';
import { readTimerFired } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { blockerReference, isOwnEcho } from '@missions/contracts/waits.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { eventConsumer } from '@missions/service-kit/event-consumer.ts';
import type { Subscription } from '@missions/service-kit/service.ts';
import { ask } from '../commands/ask.ts';
import { type CommandTarget, type Context, executeCommand } from '../commands/execute-command.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { storeTaskChange, type TaskChange } from '../store/task-change.ts';

const inputRequested = missionChanges.input_requested.subject;
const unblocked = missionChanges.unblocked.subject;
const taskUpdated = missionChanges.task_updated.subject;
const timerFired = timerSubject('approval');

type Target = CommandTarget | { readonly taskChange: TaskChange } | Asked;
interface Asked {
  readonly asked: AskedInputRequest;
  readonly traceparent?: string | undefined;
}

/** Input requests come from missions and their deadlines from timers. */
export function approvalSubscriptions(context: Context): Subscription[] {
  const handlers = eventConsumer<Target>({
    db: context.db,
    consumer: 'approval',
    commandFor: (event) => commandFor(context, event),
    async execute(tx, target, event) {
      if ('taskChange' in target) return await storeTaskChange(tx, target.taskChange);
      if ('asked' in target) return void (await ask(tx, context, target.asked, target.traceparent));
      const { decision } = await executeCommand(tx, context, target);
      if (decision.kind === 'premature') throw new Error(`${event.type} ${event.id} came early: ${decision.reason}`);
    },
    erase: (tx, { customer_id, mission_id }) =>
      eraseMission(tx, customer_id, mission_id, context.clock.now().toISOString()),
  });
  return [
    { stream: 'MISSION', subjects: consumers.approval.MISSION, ...handlers },
    { stream: 'SCHEDULER', subjects: consumers.approval.SCHEDULER, ...handlers },
  ];
}

/**
 * What an event asks this service to do; undefined if the event does not concern it.
 * @throws Problem VALIDATION_FAILED for an event without the members that are needed here.
 */
function commandFor(context: Context, event: EventEnvelope): Target | undefined {
  if (event.type === taskUpdated) return taskChangeOf(event);
  const target = targetOf(context, event);
  return target && { ...target, traceparent: event.traceparent };
}

function targetOf({ askedHere }: Context, event: EventEnvelope): CommandTarget | Asked | undefined {
  switch (event.type) {
    case inputRequested: {
      const { question } = readInputRequested(event.data);
      if (askedHere.has(question)) return undefined;
      return { asked: question };
    }
    case unblocked:
      return cancellation(event);
    case timerFired: {
      const { customer_id, payload } = readTimerFired.approval(event.data);
      const type = payload.kind === 'expire' ? 'Expire' : payload.kind === 'remind' ? 'Remind' : undefined;
      return type && { customer_id, id: payload.request_id, command: (at) => ({ type, at }) };
    }
    default:
      return undefined;
  }
}

function taskChangeOf({ data, customer_id, mission_id, version, time }: EventEnvelope): Target | undefined {
  const { task, task_texts } = readTaskTexts(data);
  if (!task_texts) return undefined;
  return { taskChange: { customer_id, mission_id, task_id: task.id, ...task_texts, version, changed_at: time } };
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
