import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import { budgetChanged } from '@missions/contracts/scheduler/run-events.ts';
import { isBlockerTimer, isLifeTimer, readTimerFired } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { type EventCommand, systemActor } from '../commands/execute-event.ts';

const timerFired = timerSubject('mission');
const readBudget = eventReader(budgetChanged);

/** Undefined for an event or a timer of a kind that this version does not know. */
export function commandForSchedulerEvent({ type, data }: EventEnvelope): EventCommand | undefined {
  if (type === budgetChanged) {
    const { revision, until } = readBudget(data);
    return { command: { type: 'NoteBudget', budget: { revision, until } }, actor: systemActor };
  }
  if (type !== timerFired) return undefined;
  const { payload, fire_at: deadline } = readTimerFired.mission(data);
  if (isLifeTimer(payload)) return { command: { type: 'Age', deadline }, actor: systemActor };
  if (!isBlockerTimer(payload)) return undefined;
  return { command: { type: 'ReachDeadline', blocker_id: payload.blocker_id, deadline }, actor: systemActor };
}
