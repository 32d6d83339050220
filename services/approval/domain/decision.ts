import type { ErrorCode, ProblemMembers } from '@missions/contracts/errors.ts';
import type { InputRequest, Withdrawn } from './state.ts';

/** What is to be told, and which timers are to be set and taken back, in the transaction of the change. */
export type Effect =
  | { readonly kind: 'announce'; readonly event: 'requested' | 'responded' | 'expired' | 'cancelled' | 'reminder_due' }
  | { readonly kind: 'set_timer'; readonly timer: Timer; readonly fire_at: string }
  | { readonly kind: 'cancel_timer'; readonly timer: Timer };
export type Timer = 'expire' | 'remind';

/** On which side of the deadline the change must also be when it is written: time goes on between the decision and then. */
export type DeadlineGuard = 'before the deadline' | 'after the deadline' | 'either side';

export interface Moved {
  readonly kind: 'moved';
  readonly next: InputRequest | Withdrawn;
  readonly effects: readonly Effect[];
  readonly side: DeadlineGuard;
}
/** Nothing changes, and that is in order. */
export interface Ignored {
  readonly kind: 'ignored';
  readonly because: string;
}
/** The clock of whoever sent the timer is ahead of ours: it must come again, for ours says what is late. */
export interface Premature {
  readonly kind: 'premature';
  readonly because: string;
}
export interface Refused {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly members: ProblemMembers;
}
export type Decision = Moved | Ignored | Premature | Refused;

export const moved = (
  next: InputRequest | Withdrawn,
  effects: readonly Effect[],
  side: DeadlineGuard = 'either side',
): Moved => ({ kind: 'moved', next, effects, side });
export const ignored = (because: string): Ignored => ({ kind: 'ignored', because });
export const premature = (because: string): Premature => ({ kind: 'premature', because });
export const refused = (code: ErrorCode, detail: string, members: ProblemMembers = {}): Refused => ({
  kind: 'refused',
  code,
  detail,
  members,
});
