import type { ErrorCode, ProblemMembers } from '@missions/contracts/errors.ts';
import type { Email, Message, StoredReply, Withdrawn } from './state.ts';

/** What the store is to keep beside the e-mail itself, what is to be told, and what becomes of the timer, in the transaction of the change. */
export type Effect =
  | { readonly kind: 'queue'; readonly message: Message; readonly body_text: string; readonly body_html: string | null }
  /** What became of an attempt. Without `retry_at` the message is done with. */
  | {
      readonly kind: 'settle';
      readonly message: Message;
      readonly sent_at: string | null;
      readonly retry_at: string | null;
      readonly last_error: string;
    }
  /** What has not been sent is not to be sent. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'keep'; readonly reply: StoredReply }
  | { readonly kind: 'announce'; readonly event: 'sent'; readonly message: Message; readonly at: string }
  | { readonly kind: 'announce'; readonly event: 'replied'; readonly reply: StoredReply }
  | { readonly kind: 'announce'; readonly event: 'bounced'; readonly recipient: string; readonly reason: string }
  | { readonly kind: 'announce'; readonly event: 'all_replied' | 'expired' }
  | { readonly kind: 'set_timer'; readonly fire_at: string }
  | { readonly kind: 'cancel_timer' };

export interface Moved {
  readonly kind: 'moved';
  readonly next: Email | Withdrawn;
  readonly effects: readonly Effect[];
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

export const moved = (next: Email | Withdrawn, effects: readonly Effect[]): Moved => ({ kind: 'moved', next, effects });
export const ignored = (because: string): Ignored => ({ kind: 'ignored', because });
export const premature = (because: string): Premature => ({ kind: 'premature', because });
export const refused = (code: ErrorCode, detail: string, members: ProblemMembers = {}): Refused => ({
  kind: 'refused',
  code,
  detail,
  members,
});
