import { followableStatuses, whenFollowable } from '@missions/contracts/email/email.ts';
import { type Decision, ignored, moved, refused } from './decision.ts';
import { progressOf } from './recipients.ts';
import { messageId } from './request.ts';
import { type Email, isOpen, type Message, type State } from './state.ts';

export interface FollowUp {
  readonly type: 'FollowUp';
  readonly id: string;
  /** null: a short reminder. */
  readonly body: string | null;
  readonly mail_domain: string;
  readonly at: string;
}

/** Enough to be a nuisance. */
export const MAX_FOLLOW_UPS = 50;

/** A further message in the thread, to those who have not answered. The deadline stays; after it, only the reminder goes out. */
export function followUp(email: State, { id, body, mail_domain, at }: FollowUp): Decision {
  if (email === null || email.status === 'withdrawn') return refused('EMAIL_NOT_FOUND', notFound);
  if (email.messages.some((it) => it.id === id)) return ignored('it has been requested already');
  const { pending_from } = progressOf(email);
  if (!followableStatuses.includes(email.status) || pending_from.length === 0) return refusal(email, why(email));
  if (email.follow_ups >= MAX_FOLLOW_UPS) return refusal(email, `It has been followed up ${MAX_FOLLOW_UPS} times.`);
  const number = email.follow_ups + 1;
  const deliveries = pending_from.map((address) => ({ address, outcome: 'waiting', reason: '' }) as const);
  const message: Message = {
    id,
    message_id: messageId(id, email.token, mail_domain),
    number,
    status: 'queued',
    deliveries,
    created_at: at,
  };
  const next: Email = {
    ...email,
    status: isOpen(email) ? 'followup_sent' : email.status,
    messages: [...email.messages, message],
    follow_ups: number,
    last_follow_up_at: at,
    version: email.version + 1,
    updated_at: at,
  };
  return moved(next, [{ kind: 'queue', message, body_text: body ?? reminder(email), body_html: null }]);
}

export const notFound =
  'There is no such e-mail for this user. Check the replies to find the ids of those that are waited for.';

const refusal = ({ status }: Email, because: string) =>
  refused('INVALID_TRANSITION', `${because} ${whenFollowable}`, { from: status, to: 'followup_sent', allowed: [] });

function why({ status, expect_reply }: Email): string {
  if (!expect_reply)
    return 'No reply to this e-mail was expected, so nobody is to be reminded. Send a new one with reply_to_message_id.';
  if (status === 'queued') return 'This e-mail has not been sent yet.';
  if (status === 'cancelled') return 'Its mission no longer waits for replies to this e-mail.';
  return 'Nobody is waited for any more.';
}

const reminder = ({ subject }: Email): string =>
  [
    'Hello,',
    '',
    `a friendly reminder of my message${subject.trim() ? ` "${subject.trim()}"` : ''}: I have not heard from you yet.`,
    'Could you please reply when you have a moment?',
    '',
    'Thank you!',
    '',
  ].join('\n');
