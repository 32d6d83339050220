import type { ErrorCode, ProblemMembers } from './errors.ts';

/**
 * The parts that the services' `decide(state, command)` functions have in common. Each service adds its own `Moved`:
 * the next state and the effects of the change. A refusal is a value, not an exception; the shell turns it into a
 * `Problem`.
 */

/** Nothing changes, and that is in order: the command repeats an earlier one, or it comes too late to matter. */
export interface Ignored {
  readonly kind: 'ignored';
  readonly reason: string;
}

/** The sender's clock is ahead of the database's clock, which decides. The command must be sent again later. */
export interface Premature {
  readonly kind: 'premature';
  readonly reason: string;
}

/** The command cannot be executed; `code`, `detail` and `members` become the caller's problem document. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly members: ProblemMembers;
}

export const ignored = (reason: string): Ignored => ({ kind: 'ignored', reason });
export const premature = (reason: string): Premature => ({ kind: 'premature', reason });
export const refused = (code: ErrorCode, detail: string, members: ProblemMembers = {}): Refused => ({
  kind: 'refused',
  code,
  detail,
  members,
});
