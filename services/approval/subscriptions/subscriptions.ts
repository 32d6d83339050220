import { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges, missionErased } from '@missions/contracts/mission/changes.ts';
import { TimerFired, timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { parser } from '@missions/contracts/schema.ts';
import { tolerantReader } from '@missions/contracts/tolerant-reader.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { Type } from 'typebox';
import type { CommandTarget } from '../commands/execute-command.ts';

/** The events that this service listens to, by stream, and what each of them asks it to do. */
export const subscribedSubjects = {
  MISSION: [missionChanges.input_requested.subject, missionChanges.unblocked.subject, missionErased],
  SCHEDULER: [timerSubject('approval')],
} as const;

const readRequested = parser(tolerantReader(Type.Object({ question: AskedInputRequest })));
const readUnblocked = parser(
  Type.Object({ metadata: Type.Object({ key: Type.String(), resolution: Type.Object({ by: Type.String() }) }) }),
);
const readFired = parser(
  tolerantReader(
    Type.Object({ ...TimerFired.properties, payload: Type.Object({ request_id: Type.String(), kind: Type.String() }) }),
  ),
);

/** undefined: nothing of ours. @throws {Problem} `VALIDATION_FAILED` for an event that does not say what it must. */
export function commandFor(event: EventEnvelope): CommandTarget | undefined {
  const { type, traceparent } = event;
  const task =
    type === missionChanges.input_requested.subject
      ? asked(event)
      : type === missionChanges.unblocked.subject
        ? unblocked(event)
        : type === timerSubject('approval')
          ? fired(event)
          : undefined;
  return task && { ...task, traceparent };
}

function asked({ data }: EventEnvelope): CommandTarget {
  const { question } = readRequested(data);
  return { customer_id: question.customer_id, id: question.id, command: () => ({ type: 'Ask', question }) };
}

const QUESTION = 'human_input:';

/** A wait for an answer has ended; by the answer itself only if we said so. */
function unblocked({ data, customer_id, user_id, mission_id }: EventEnvelope): CommandTarget | undefined {
  const { key, resolution } = readUnblocked(data).metadata;
  const id = key.slice(QUESTION.length).toLowerCase();
  if (!key.startsWith(QUESTION) || resolution.by === 'answer' || !isUuid(id)) return undefined;
  return { customer_id, id, command: (at) => ({ type: 'Cancel', of: { id, customer_id, user_id, mission_id }, at }) };
}

function fired({ data }: EventEnvelope): CommandTarget | undefined {
  const { customer_id, fire_at, payload } = readFired(data);
  const due = new Date(fire_at).toISOString();
  const type = payload.kind === 'expire' ? 'Expire' : payload.kind === 'remind' ? 'Remind' : undefined;
  return type && { customer_id, id: payload.request_id, command: (at) => ({ type, fire_at: due, at }) };
}
