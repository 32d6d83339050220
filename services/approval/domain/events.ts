import { type ApprovalEventType, approvalEvents } from '@missions/contracts/approval/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type InputRequestTimerPayload, timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import {
  type TimerCancelled,
  timerCancelledSubject,
  type TimerSet,
  timerSetSubject,
} from '@missions/contracts/scheduler/timers.ts';
import type { Effect, Moved, Timer } from './decide.ts';
import { type InputRequest, representationOf } from './state.ts';

export interface CommandContext {
  readonly at: string;
  readonly newId: () => string;
  /** The traceparent of the event that caused the command; without one, the current request's applies. */
  readonly traceparent?: string | undefined;
}

/** The events of a decision, in the order of its effects, numbered within the request's new version. */
export function eventsOf({ next, effects }: Moved, { at, newId, traceparent }: CommandContext): EventEnvelope[] {
  if (next.status === 'withdrawn') return [];
  const { customer_id, user_id, mission_id, version } = next;
  return effects.map((effect, index) => ({
    id: newId(),
    type: typeOf(effect),
    source: '/services/approval',
    time: at,
    customer_id,
    user_id,
    mission_id,
    version,
    index,
    ...(traceparent !== undefined && { traceparent }),
    data: dataOf(effect, next),
  }));
}

const types = Object.keys(approvalEvents) as ApprovalEventType[];

function typeOf(effect: Effect): string {
  if (effect.kind === 'set_timer') return timerSetSubject('approval');
  if (effect.kind === 'cancel_timer') return timerCancelledSubject('approval');
  const type = types.find((known) => known.split('.')[1] === effect.event);
  if (type === undefined) throw new Error(`the contracts have no subject for "${effect.event}"`);
  return type;
}

function dataOf(effect: Effect, request: InputRequest): Record<string, unknown> {
  const { id: request_id, customer_id, user_id, mission_id, task_id } = request;
  const about = { customer_id, user_id, mission_id, task_id, request_id };
  switch (effect.kind) {
    case 'announce':
      if (effect.event === 'responded') return { ...about, response: request.response };
      return effect.event === 'requested' || effect.event === 'reminder_due'
        ? { ...about, request: representationOf(request) }
        : about;
    case 'set_timer':
      return {
        ...timer(request, effect.timer),
        revision: SET,
        fire_at: effect.fire_at,
        payload: { request_id, kind: effect.timer } satisfies InputRequestTimerPayload,
      } satisfies TimerSet;
    case 'cancel_timer':
      return { ...timer(request, effect.timer), revision: CANCELLED } satisfies TimerCancelled;
    default:
      return effect satisfies never;
  }
}

/**
 * A timer is set once and cancelled at most once. The revisions let the scheduler order the two however they arrive.
 */
const SET = 1;
const CANCELLED = 2;

const timer = ({ id, customer_id, user_id, mission_id }: InputRequest, which: Timer) => ({
  customer_id,
  user_id,
  mission_id,
  key: timerKey.inputRequest(which, id),
});
