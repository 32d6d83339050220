import { ignored, premature, type Refused, refused } from '@missions/contracts/decision.ts';
import { addressKey } from '@missions/contracts/email/address.ts';
import { followableStatuses, type RequestedMail, whenFollowable } from '@missions/contracts/email/email.ts';
import { type Decision, type Effect, moved } from './decision.ts';
import { markSent, type MarkSent, receive, type Receive } from './outcomes.ts';
import { envelopeOf, progressOf, recipientsOf } from './recipients.ts';
import { messageId, replyAddress } from './reply-address.ts';
import { type Email, isOpen, type Message, type State, waitingAddresses } from './state.ts';

/** Times arrive in the command, as RFC 3339 in UTC with milliseconds, so that they compare as text. */
export type Command = RequestEmail | FollowUp | MarkSent | Receive | Expire | Cancel | Withdraw;

interface RequestEmail {
  readonly type: 'Request';
  readonly email: RequestedMail;
  readonly token: string;
  /** One for each recipient, or more. */
  readonly recipient_tokens: readonly string[];
  /** The part of the Message-ID that cannot be guessed. */
  readonly nonce: string;
  /** The mailbox that the e-mail is sent from. */
  readonly mail_address: string;
  /** The domain of its Message-ID. */
  readonly mail_domain: string;
  /** The thread of the message that the e-mail replies to, if that message is known here. */
  readonly thread_id: string | null;
  readonly at: string;
}
interface FollowUp {
  readonly type: 'FollowUp';
  readonly id: string;
  /** null for the standard reminder. */
  readonly body: string | null;
  readonly nonce: string;
  readonly mail_domain: string;
  readonly at: string;
}
interface Expire {
  readonly type: 'Expire';
  readonly at: string;
}
interface Cancel {
  readonly type: 'Cancel';
  /** The owner of the wait, for a cancellation that arrives before the e-mail itself. */
  readonly of: {
    readonly id: string;
    readonly customer_id: string;
    readonly user_id: string;
    readonly mission_id: string;
  };
  /** A reply to the e-mail has ended the wait; further replies may follow. */
  readonly by_reply: boolean;
  readonly at: string;
}
interface Withdraw {
  readonly type: 'Withdraw';
  readonly reason: string;
  readonly at: string;
}

/**
 * Decides one command for one e-mail. What comes back from the network (`MarkSent`, `Receive`) is decided in
 * `outcomes.ts`.
 */
export function decide(email: State, command: Command): Decision {
  switch (command.type) {
    case 'Request':
      return request(email, command);
    case 'FollowUp':
      return followUp(email, command);
    case 'MarkSent':
      return markSent(email, command);
    case 'Receive':
      return receive(email, command);
    case 'Expire':
      return expire(email, command);
    case 'Cancel':
      return cancel(email, command);
    case 'Withdraw':
      return withdraw(email, command);
    default:
      return command satisfies never;
  }
}

/**
 * An upsert: the e-mail arrives with the mission service's event and with the gateway's call, in either order, and only
 * the first has an effect. An e-mail that was cancelled before it arrived is stored with its content, so that it can be
 * shown, and not sent.
 */
function request(email: State, command: RequestEmail): Decision {
  if (email === null) return queued(requested(command, 1), command);
  if (email.status === 'tombstone') {
    return moved({ ...requested(command, email.version + 1), status: 'cancelled', messages: [] }, []);
  }
  return ignored('the e-mail has been requested already');
}

function queued(email: Email, { recipient_tokens }: RequestEmail): Decision {
  const { body_text, body_html, expires_at } = email;
  const addresses = envelopeOf(email).map(addressKey);
  if (recipient_tokens.length < addresses.length) throw new Error(`e-mail ${email.id} has more recipients than tokens`);
  const tokens = addresses.map((recipient, index) => ({ recipient, token: recipient_tokens[index] as string }));
  const effects: Effect[] = [{ kind: 'assign_addresses', tokens }];
  for (const message of email.messages) effects.push({ kind: 'queue', message, body_text, body_html });
  if (expires_at !== null) effects.push({ kind: 'set_timer', fire_at: expires_at });
  return moved(email, effects);
}

function requested(command: RequestEmail, version: number): Email {
  const { email, token, nonce, mail_address, mail_domain, thread_id, at } = command;
  const id = email.id.toLowerCase();
  // The Message-ID is fixed before the message is sent, so that a message that goes out twice is recognized (RFC 5322
  // section 3.6.4).
  const message_id = messageId(id, nonce, mail_domain);
  const created_at = inUtc(email.created_at);
  const first = queuedMessage({ id, message_id, number: 0, created_at }, envelopeOf(email));
  return {
    id,
    customer_id: email.customer_id,
    user_id: email.user_id,
    mission_id: email.mission_id?.toLowerCase() ?? null,
    task_id: email.task_id?.toLowerCase() ?? null,
    token,
    message_id,
    thread_id: thread_id ?? email.reply_to_message_id ?? message_id,
    from: mail_address,
    reply_to: replyAddress(mail_address, token),
    to: email.to,
    cc: email.cc,
    bcc: email.bcc,
    subject: email.subject,
    body_text: email.body,
    body_html: email.body_html,
    reply_to_message_id: email.reply_to_message_id,
    expect_reply: email.expect_reply,
    until: email.until === 'any' ? 'any' : 'all',
    status: 'queued',
    recipients: recipientsOf({ ...email, expected_recipients: email.expect_reply ? expectedOf(email) : [] }),
    messages: [first],
    follow_ups: 0,
    last_follow_up_at: null,
    last_error: '',
    sent_at: null,
    expires_at: email.expect_reply ? inUtc(email.expires_at) : null,
    created_at,
    updated_at: at,
    version,
  };
}

const queuedMessage = (
  message: Pick<Message, 'id' | 'message_id' | 'number' | 'created_at'>,
  addresses: readonly string[],
): Message => ({
  ...message,
  status: 'queued',
  deliveries: addresses.map((address) => ({ address, outcome: 'waiting', reason: '' })),
});

/**
 * Without expected recipients, those in `to` are expected: a wait without expected recipients could only end by its
 * deadline.
 */
const expectedOf = ({ expected_recipients, to }: RequestedMail): string[] =>
  expected_recipients.length > 0 ? expected_recipients : to;

/** Cuts off below milliseconds, which is what the database stores; it would round, and timer and row would differ. */
const inUtc = (time: string): string => new Date(time).toISOString();

/** More follow-ups of one e-mail would be a nuisance to its recipients. */
const MAX_FOLLOW_UPS = 50;

/**
 * A further message in the thread, to the expected recipients who are pending. The deadline stays; after it, the
 * follow-up goes out without a wait.
 */
function followUp(email: State, { id, body, nonce, mail_domain, at }: FollowUp): Decision {
  if (email === null || email.status === 'tombstone') return refused('EMAIL_NOT_FOUND', notFound);
  if (email.messages.some((message) => message.id === id)) return ignored('the follow-up has been requested already');
  const { pending_from } = progressOf(email);
  if (!followableStatuses.includes(email.status) || pending_from.length === 0) return notFollowable(email, why(email));
  if (email.follow_ups >= MAX_FOLLOW_UPS) {
    return notFollowable(email, `This e-mail has been followed up ${MAX_FOLLOW_UPS} times.`);
  }
  const number = email.follow_ups + 1;
  const message_id = messageId(id, nonce, mail_domain);
  const message = queuedMessage({ id, message_id, number, created_at: at }, pending_from);
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
  'There is no such e-mail for this user. Check the replies to find the ids of the e-mails that wait for replies.';

const notFollowable = ({ status }: Email, reason: string): Refused =>
  refused('INVALID_TRANSITION', `${reason} ${whenFollowable}`, { from: status, to: 'followup_sent', allowed: [] });

function why({ status, expect_reply }: Email): string {
  if (!expect_reply) {
    return 'No reply to this e-mail was expected, so nobody is reminded. Send a new one with reply_to_message_id.';
  }
  if (status === 'queued') return 'This e-mail has not been sent yet.';
  if (status === 'cancelled') return 'Its mission no longer waits for replies to this e-mail.';
  return 'No expected recipient of this e-mail is pending any more.';
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

/**
 * The deadline passed with an expected recipient pending. A message that is still queued is not sent any more. The
 * deadline never moves: a firing before it is early, whatever time that firing says it was set for.
 */
function expire(email: State, { at }: Expire): Decision {
  if (email === null || email.status === 'tombstone') return ignored('there is no such e-mail');
  if (!isOpen(email) || email.expires_at === null) return ignored(`the e-mail is ${email.status}`);
  if (at < email.expires_at) return premature(`replies to the e-mail are waited for until ${email.expires_at}`);
  return moved(ended(email, 'expired', at), [{ kind: 'announce', event: 'expired' }, { kind: 'drop_queued' }]);
}

/**
 * The mission no longer waits. An e-mail that has not arrived yet leaves a tombstone, so that it is not sent when it
 * arrives.
 */
function cancel(email: State, { of, by_reply, at }: Cancel): Decision {
  if (by_reply) return ignored('a reply to the e-mail has ended the wait');
  if (email === null) return moved({ status: 'tombstone', ...of, version: 1, created_at: at }, []);
  if (email.status === 'tombstone') return ignored('the e-mail was cancelled before it arrived');
  // Any mission may wait for replies to any e-mail of its customer; only the e-mail's own mission decides about the
  // e-mail.
  if (email.mission_id !== of.mission_id) return ignored('the e-mail is of another mission');
  if (!isOpen(email)) return ignored(`the e-mail is ${email.status}`);
  const dropped = droppedFrom(email, 'no reply to it is awaited any more');
  return moved(ended(email, 'cancelled', at), [...dropped, { kind: 'drop_queued' }, { kind: 'cancel_timer' }]);
}

/** The mission ended before a message was sent, so nothing of it is sent any more. What was sent stays as it is. */
function withdraw(email: State, { reason, at }: Withdraw): Decision {
  if (email === null || email.status === 'tombstone') return ignored('there is no such e-mail');
  const dropped = droppedFrom(email, reason);
  if (dropped.length === 0) return ignored('no message of the e-mail is queued');
  const isOver = isOpen(email) || email.status === 'queued';
  const next = { ...ended(email, 'cancelled', at), last_error: `not sent: ${reason}` };
  const effects: Effect[] = [...dropped, { kind: 'drop_queued' }];
  if (isOpen(email)) effects.push({ kind: 'cancel_timer' });
  return moved(isOver ? next : { ...next, status: email.status }, effects);
}

/** Says which recipients get none of the messages that are queued; nothing if none is. */
function droppedFrom({ messages }: Email, reason: string): Effect[] {
  const queued = messages.filter(({ status }) => status === 'queued');
  const not_sent_to = [...new Set(queued.flatMap(waitingAddresses))];
  return queued.length === 0 ? [] : [{ kind: 'announce', event: 'withdrawn', reason, not_sent_to }];
}

/** Queued messages are dropped; a message that is being sent cannot be called back. */
const ended = (email: Email, status: 'expired' | 'cancelled', at: string): Email => ({
  ...email,
  status,
  messages: email.messages.map((message) =>
    message.status === 'queued' ? { ...message, status: 'dropped' } : message,
  ),
  version: email.version + 1,
  updated_at: at,
});
