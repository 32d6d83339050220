import type { RequestedMail } from '@missions/contracts/email/email.ts';
import { type Decision, type Effect, ignored, moved } from './decision.ts';
import { envelopeOf, recipientsOf } from './recipients.ts';
import { replyAddress } from './reply-address.ts';
import type { Email, Message, State } from './state.ts';

export interface RequestEmail {
  readonly type: 'Request';
  readonly mail: RequestedMail;
  readonly token: string;
  /** The mailbox it is sent from, and the domain of its Message-ID. */
  readonly mail_address: string;
  readonly mail_domain: string;
  /** Of the message that it replies to, if we know that one. */
  readonly thread_id: string | null;
  readonly at: string;
}

/**
 * An upsert: the mail comes by the event and by the gateway's call, in either order, and only the first has an effect. One that was cancelled
 * before it came is kept, so that it can be shown, and not sent.
 */
export function request(email: State, command: RequestEmail): Decision {
  if (email === null) return queued(requested(command, 1));
  if (email.status === 'withdrawn')
    return moved({ ...requested(command, email.version + 1), status: 'cancelled', messages: [] }, []);
  return ignored('it has been requested already');
}

function queued(email: Email): Decision {
  const effects: Effect[] = email.messages.map((message) => ({
    kind: 'queue',
    message,
    body_text: email.body_text,
    body_html: email.body_html,
  }));
  if (email.expires_at !== null) effects.push({ kind: 'set_timer', fire_at: email.expires_at });
  return moved(email, effects);
}

/** Known before it is sent, so that a message that goes out twice is known as one (RFC 5322 section 3.6.4). The token makes it unguessable, too. */
export const messageId = (id: string, token: string, domain: string): string => `<${id}.${token}@${domain}>`;

function requested({ mail, token, mail_address, mail_domain, thread_id, at }: RequestEmail, version: number): Email {
  const id = mail.id.toLowerCase();
  const message_id = messageId(id, token, mail_domain);
  const created_at = inUtc(mail.created_at);
  const deliveries = envelopeOf(mail).map((address) => ({ address, outcome: 'waiting', reason: '' }) as const);
  const first: Message = { id, message_id, number: 0, status: 'queued', deliveries, created_at };
  return {
    id,
    customer_id: mail.customer_id,
    user_id: mail.user_id,
    mission_id: mail.mission_id?.toLowerCase() ?? null,
    task_id: mail.task_id?.toLowerCase() ?? null,
    token,
    message_id,
    thread_id: thread_id ?? mail.reply_to_message_id ?? message_id,
    from: mail_address,
    reply_to: replyAddress(mail_address, token),
    to: mail.to,
    cc: mail.cc,
    bcc: mail.bcc,
    subject: mail.subject,
    body_text: mail.body,
    body_html: mail.body_html,
    reply_to_message_id: mail.reply_to_message_id,
    expect_reply: mail.expect_reply,
    until: mail.until === 'any' ? 'any' : 'all',
    status: 'queued',
    recipients: recipientsOf({ ...mail, expected_recipients: mail.expect_reply ? expectedOf(mail) : [] }),
    messages: [first],
    follow_ups: 0,
    last_follow_up_at: null,
    last_error: '',
    sent_at: null,
    expires_at: mail.expect_reply ? inUtc(mail.expires_at) : null,
    created_at,
    updated_at: at,
    version,
  };
}

/** A wait for nobody would only ever end by its deadline. */
const expectedOf = ({ expected_recipients, to }: RequestedMail): string[] =>
  expected_recipients.length > 0 ? expected_recipients : to;

/** Milliseconds are what the database keeps; it would round where this cuts off, and timer and row would differ. */
const inUtc = (time: string): string => new Date(time).toISOString();
