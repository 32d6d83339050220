import {
  carriedBy,
  type AskedInputRequest,
  type InputRequest as Representation,
  type Response,
  type TaskTexts,
} from '@missions/contracts/approval/input-request.ts';
import type { Approval } from '@missions/contracts/approval/several-people.ts';

/**
 * An input request and where it stands (specification section 3.5):
 *
 *     (unknown) ──Ask──▶ pending ──Respond, or Expire with a default option──▶ responded
 *         │                 ├──────Expire without a default option───────────▶ expired
 *         │                 └──────Cancel─────────────────────────────────────▶ cancelled
 *         └──Cancel──▶ withdrawn ──Ask────────────────────────────────────────▶ cancelled
 *
 * Of several people who must approve, each but the last leaves the request pending, with one approval more.
 *
 * A request that is no longer pending never changes again. `withdrawn` is the tombstone of a request whose cancellation
 * arrived before the request itself: only its owner is known, and no caller is shown it.
 */
export type InputRequest = Pending | Responded | Expired | Cancelled;
export type State = InputRequest | Withdrawn | null;

/** The task as it read when the request was asked, and its latest change since: kept by `store/task-change.ts`. */
export interface AskedTask extends TaskTexts {
  readonly as_of: number;
  readonly changed?: (TaskTexts & { readonly changed_at: string }) | null;
}

type Carried = Readonly<ReturnType<typeof carriedBy>>;
interface Asked extends Readonly<Omit<AskedInputRequest, 'task' | 'agent_id' | keyof Carried>>, Carried {
  readonly agent_id: string | null;
  readonly task: AskedTask | null;
  /** Those of a question that several people must approve, in the order in which they came. */
  readonly approvals: Approval[];
  /** Grows by 1 with every change; 1 is the request as it was asked. */
  readonly version: number;
  readonly reminded_at: string | null;
}
interface Unanswered extends Asked {
  readonly response: null;
  readonly responded_at: null;
}

export interface Pending extends Unanswered {
  readonly status: 'pending';
}
export interface Responded extends Asked {
  readonly status: 'responded';
  readonly response: Response;
  readonly responded_at: string;
}
export interface Expired extends Unanswered {
  readonly status: 'expired';
}
export interface Cancelled extends Unanswered {
  readonly status: 'cancelled';
}
export interface Withdrawn {
  readonly status: 'withdrawn';
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string;
  readonly version: number;
  /** The time of the cancellation. */
  readonly created_at: string;
}

/**
 * When the next step of a request is due: its reminder, then its deadline; null once it is decided. A reminder at or
 * after the deadline is left out.
 */
export function dueAt({ status, expires_at, remind_at, reminded_at }: InputRequest): string | null {
  if (status !== 'pending') return null;
  return remind_at !== null && reminded_at === null && remind_at < expires_at ? remind_at : expires_at;
}

/** The representation that callers and other services are shown. */
export const representationOf = (request: InputRequest): Representation => ({
  id: request.id,
  request_id: request.id,
  customer_id: request.customer_id,
  user_id: request.user_id,
  mission_id: request.mission_id,
  task_id: request.task_id,
  task: request.task && {
    title: request.task.title,
    description: request.task.description,
    changed: request.task.changed ?? null,
  },
  conversation_id: request.conversation_id,
  prompt: request.prompt,
  options: request.options,
  allow_freeform: request.allow_freeform,
  context: request.context,
  urgency: request.urgency,
  status: request.status,
  response: request.response,
  responded_at: request.responded_at,
  expires_at: request.expires_at,
  default_option: request.default_option,
  remind_at: request.remind_at,
  created_at: request.created_at,
  agent_id: request.agent_id,
  ...carriedBy(request),
  approvals: request.approvals,
});

/** Whether this is one of the approvals that the request has. */
export const hasApproval = (request: InputRequest | Withdrawn, approval: Approval): boolean =>
  request.status !== 'withdrawn' && request.approvals.some((one) => sameJson(one, approval));

/** Whether the request came to exactly this end: that response, or, for null, its expiry without one. */
export function cameTo(request: InputRequest | Withdrawn, response: Response | null): boolean {
  if (response === null) return request.status === 'expired';
  if (request.status !== 'responded') return false;
  return sameJson(request.response, response);
}

/** Of the same meaning, whatever the order of the members. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  const [names, others] = [Object.keys(one), Object.keys(other)];
  const of = (value: object, name: string): unknown => (value as Record<string, unknown>)[name];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === others.length &&
    names.every((name) => Object.hasOwn(other, name) && sameJson(of(one, name), of(other, name)))
  );
}
