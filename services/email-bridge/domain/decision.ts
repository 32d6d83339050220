import type { Ignored, Premature, Refused } from '@missions/contracts/decision.ts';
import type { Email, Message, StoredReply, Tombstone } from './state.ts';

/** Rows beside the e-mail's own, events to announce, and the timer; all written in the transaction of the change. */
export type Effect =
  | { readonly kind: 'queue'; readonly message: Message; readonly body_text: string; readonly body_html: string | null }
  /** The result of one attempt to send a message. `retry_at` is null if there will be no further attempt. */
  | {
      readonly kind: 'record_attempt';
      readonly message: Message;
      readonly sent_at: string | null;
      readonly retry_at: string | null;
      readonly last_error: string;
    }
  /** Messages that are still queued are not to be sent. */
  | { readonly kind: 'drop_queued' }
  /** The recipients' own reply addresses. */
  | { readonly kind: 'assign_addresses'; readonly tokens: readonly RecipientToken[] }
  | { readonly kind: 'store_reply'; readonly reply: StoredReply }
  | Announcement
  | { readonly kind: 'set_timer'; readonly fire_at: string }
  | { readonly kind: 'cancel_timer' };

export interface RecipientToken {
  /** The recipient's address as `addressKey`. */
  readonly recipient: string;
  readonly token: string;
}

export type Announcement =
  | { readonly kind: 'announce'; readonly event: 'sent'; readonly message: Message; readonly at: string }
  | { readonly kind: 'announce'; readonly event: 'replied' | 'noted'; readonly reply: StoredReply }
  | { readonly kind: 'announce'; readonly event: 'bounced'; readonly recipient: string; readonly reason: string }
  | {
      readonly kind: 'announce';
      readonly event: 'withdrawn';
      readonly reason: string;
      readonly not_sent_to: readonly string[];
    }
  | { readonly kind: 'announce'; readonly event: 'all_replied' | 'expired' };

export interface Moved {
  readonly kind: 'moved';
  readonly next: Email | Tombstone;
  readonly effects: readonly Effect[];
}
export type Decision = Moved | Ignored | Premature | Refused;

export const moved = (next: Email | Tombstone, effects: readonly Effect[]): Moved => ({ kind: 'moved', next, effects });
