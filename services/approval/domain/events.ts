import {
  type ApprovalDelegated,
  approvalDelegated,
  type ApprovalEventType,
  approvalEvents,
} from '@missions/contracts/approval/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Delegated } from './answerers.ts';
import type { Effect, Moved } from './decide.ts';
import { type InputRequest, representationOf } from './state.ts';

export interface CommandContext {
  readonly at: string;
  readonly newId: () => string;
  /** The traceparent of the event that caused the command; without one, the current request's applies. */
  readonly traceparent?: string | undefined;
}

/** A question whose delegation is told of. */
export interface Told {
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string;
  readonly task_id: string | null;
  readonly version: number;
}

/** It changes nothing of the question, whose version stays. */
export function delegatedEvent(
  { id: request_id, version, ...of }: Told,
  { id, user_id, to_user_id, from, until }: Delegated,
  { at, newId, traceparent }: CommandContext,
): EventEnvelope {
  const { customer_id, user_id: owner, mission_id, task_id } = of;
  const data: ApprovalDelegated = {
    ...{ customer_id, user_id: owner, mission_id, task_id, request_id },
    delegation: { id, user_id, to_user_id, from, until },
  };
  return {
    id: newId(),
    type: approvalDelegated,
    source: '/services/approval',
    time: at,
    ...{ customer_id, user_id: owner, mission_id, version, index: 1 },
    ...(traceparent !== undefined && { traceparent }),
    data,
  };
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
  const type = types.find((known) => known.split('.')[1] === effect.event);
  if (type === undefined) throw new Error(`the contracts have no subject for "${effect.event}"`);
  return type;
}

function dataOf(effect: Effect, request: InputRequest): Record<string, unknown> {
  const { id: request_id, customer_id, user_id, mission_id, task_id } = request;
  const about = { customer_id, user_id, mission_id, task_id, request_id };
  if (effect.event === 'responded') return { ...about, response: request.response };
  if (effect.event === 'approved')
    return { ...about, approval: request.approvals.at(-1), given: request.approvals.length, quorum: request.quorum };
  return effect.event === 'requested' || effect.event === 'reminder_due'
    ? { ...about, request: representationOf(request) }
    : about;
}
