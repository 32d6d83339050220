import type { InputRequest } from './state.ts';

/**
 * Who sees a question and may answer it (specification section 3.5): the one rule, for reading, answering and notices.
 * Lists find the same people by `store/people.ts`.
 */
type Standing = 'user' | 'assignee' | 'escalated';

export function standingOf(request: InputRequest, userId: string, at: string): Standing | null {
  if (userId === request.user_id) return 'user';
  if (request.assignees.includes(userId)) return 'assignee';
  return userId === request.escalate_to && isEscalated(request, at) ? 'escalated' : null;
}

/** Those who are told that something about the question has changed. */
export const peopleOf = (request: InputRequest, at: string): string[] => [
  request.user_id,
  ...request.assignees,
  ...(request.escalate_to !== null && isEscalated(request, at) ? [request.escalate_to] : []),
];

const isEscalated = ({ escalate_at }: InputRequest, at: string): boolean => escalate_at !== null && escalate_at <= at;
