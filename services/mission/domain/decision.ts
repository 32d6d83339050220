import type { ErrorCode, ProblemMembers } from '@missions/contracts/errors.ts';
import type { MissionChangeKind } from '@missions/contracts/mission/changes.ts';
import type { LoggableEventType } from '@missions/contracts/mission/vocabulary.ts';
import type { Json, Mission } from './state.ts';

/** One entry of the history and one event, before `recordDecision` gives them an id. */
export interface MissionChange {
  readonly kind: MissionChangeKind;
  /** The history type of a `logged` change; the contracts' table gives the history type of every other kind. */
  readonly logged?: LoggableEventType;
  readonly title: string;
  readonly content: string;
  readonly task_id: string | null;
  readonly metadata: Json;
  /** Further data for the event alone: the input request or the e-mail, for the service that handles the event. */
  readonly event?: Json;
}

/** Who acts, and in which conversation: recorded with every change. */
export interface Actor {
  readonly kind: 'user' | 'agent' | 'system';
  /** An agent's own key, which unlike the trusted backend cannot speak for the user. */
  readonly by_key?: boolean;
  readonly agent_id: string | null;
  readonly conversation_id: string;
  /** The run that acts, when one does (`X-Run`). */
  readonly run?: { readonly id: string; readonly fence: number };
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly members: ProblemMembers;
}

export type Decision =
  | { readonly kind: 'moved'; readonly next: Mission; readonly changes: readonly MissionChange[] }
  | { readonly kind: 'ignored'; readonly reason: string }
  | Refusal;

/**
 * Thrown inside the domain to leave a composed command at the first refused step. `decide` catches the error and
 * returns the refusal as a value. (Rejected alternative: passing a result through every step made each step twice as
 * long.)
 */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(code: ErrorCode, detail: string, members: ProblemMembers = {}) {
    super(detail);
    this.refusal = { kind: 'refused', code, detail, members };
  }
}

export const invalidTransition = (
  entity: string,
  from: string,
  to: string,
  allowed: readonly string[],
  hint = '',
): Refused =>
  new Refused(
    'INVALID_TRANSITION',
    `${entity} is ${from} and cannot become ${to}; ${allowed.length ? `allowed from here: ${allowed.join(', ')}` : 'nothing is allowed from here'}.${hint && ` ${hint}`}`,
    { from, to, allowed: [...allowed] },
  );
