import type { Approval } from '@missions/contracts/approval/several-people.ts';
import type { InputRequest } from './state.ts';

/** Who sees a question and may answer it (specification section 3.5): the one rule, for reading, answering and notices. */

/** That somebody answers the questions of a user for a while. Times are RFC 3339 in UTC, so that they compare as text. */
export interface Delegated {
  readonly id: string;
  /** Whose questions they are. */
  readonly user_id: string;
  readonly to_user_id: string;
  readonly from: string;
  readonly until: string;
}

/** In whose place somebody answers: their own, or that of a user who has delegated to them. */
export interface Place {
  readonly of: string;
  /** By which they hold it; null for their own. */
  readonly delegation: string | null;
}

/** Whoever is asked in their own right, in the order in which the question names them. */
const asked = (request: InputRequest, at: string): string[] => [
  request.user_id,
  ...request.assignees,
  ...(request.escalate_to !== null && isEscalated(request, at) ? [request.escalate_to] : []),
];

/**
 * The place of a user, null for somebody who is not asked. Whoever is asked in their own right answers for themselves, also
 * where somebody who is asked as well has delegated to them: a person counts once. A delegate's own delegate has none. Of
 * several who have delegated to one, the first whose place is free is stood for.
 */
export function placeOf(
  request: InputRequest,
  userId: string,
  at: string,
  delegations: readonly Delegated[],
): Place | null {
  const people = asked(request, at);
  if (people.includes(userId)) return { of: userId, delegation: null };
  const held = people.flatMap((of) => {
    const by = delegations.find((one) => one.to_user_id === userId && one.user_id === of && covers(one, request, at));
    return by ? [{ of, delegation: by.id }] : [];
  });
  const isFree = ({ of }: Place): boolean => !request.approvals.some((approval) => placeHeld(approval) === of);
  return held.find(isFree) ?? held[0] ?? null;
}

/** Whose approval it is. */
export const placeHeld = ({ user_id, on_behalf_of }: Pick<Approval, 'user_id' | 'on_behalf_of'>): string =>
  on_behalf_of ?? user_id;

/**
 * A delegate is shown what stands, or stood, while the delegation holds. More power for an agent is the user's own to give.
 */
export const covers = ({ from, until }: Delegated, request: InputRequest, at: string): boolean =>
  from <= at && at < until && from < (request.responded_at ?? request.expires_at) && isDelegable(request);

const isDelegable = ({ context }: InputRequest): boolean => context?.['proposes'] === undefined;

/** Whoever has answered may read what became of it. */
export const hasAnswered = ({ response, approvals }: InputRequest, userId: string): boolean =>
  response?.responded_by === userId || approvals.some(({ user_id }) => user_id === userId);

/** Those who are told that something about the question has changed. */
export function peopleOf(request: InputRequest, at: string, delegations: readonly Delegated[] = []): string[] {
  const people = asked(request, at);
  const delegates = delegations.filter((one) => people.includes(one.user_id) && covers(one, request, at));
  return [...new Set([...people, ...delegates.map(({ to_user_id }) => to_user_id)])];
}

const isEscalated = ({ escalate_at }: InputRequest, at: string): boolean => escalate_at !== null && escalate_at <= at;
