import { ignored } from '@missions/contracts/decision.ts';
import { addressKey } from '@missions/contracts/email/address.ts';
import type { EmailStatus } from '@missions/contracts/email/email.ts';
import { type Announcement, type Decision, type Effect, moved } from './decision.ts';
import { type IncomingMessage, isForged, storedReplyOf } from './incoming-message.ts';
import { progressOf, recipientBehind } from './recipients.ts';
import { type Delivery, type Email, isOpen, type Message, type Recipient, type State } from './state.ts';

/**
 * The result of one attempt to send a message. A recipient who was not part of the attempt is in none of the three
 * lists.
 */
export interface MarkSent {
  readonly type: 'MarkSent';
  /** The message's id. */
  readonly message: string;
  readonly accepted: readonly string[];
  /** Refused for good (5xx). */
  readonly refused: readonly FailedRecipient[];
  /** Not accepted at this time (4xx, or no connection). */
  readonly deferred: readonly FailedRecipient[];
  /** The time of the next attempt for the deferred recipients. */
  readonly retry_at: string;
  /** The number of attempts so far. */
  readonly attempts?: number;
  readonly at: string;
}
/** The server's response to the copy of one recipient. */
export interface OfferedCopy {
  readonly address: string;
  /** `refused` for good (5xx); `deferred`: not accepted at this time. */
  readonly outcome: 'accepted' | 'refused' | 'deferred';
  readonly reason: string;
}
export interface FailedRecipient {
  readonly address: string;
  readonly reason: string;
}
/** A message from outside that was matched to this e-mail. */
export interface Receive {
  readonly type: 'Receive';
  /** The id of the reply that is stored. */
  readonly id: string;
  readonly message: IncomingMessage;
  /**
   * `token`: the message is addressed to the reply address. `reference`: it names a message of ours, which everybody
   * who got that one can do.
   */
  readonly by: 'token' | 'reference';
  /** The recipients to whose own addresses the message was sent, as `addressKey`s, in the order of the message. */
  readonly sent_to: readonly string[];
  /** The message is stored for this e-mail already. */
  readonly seen: boolean;
  /** The number of replies that are stored for this e-mail, and of those that were announced as counting for nothing. */
  readonly stored: number;
  readonly noted: number;
  readonly at: string;
}

/** An attempt may be recorded twice, or late: a server's acceptance or final refusal is never overwritten. */
export function markSent(email: State, command: MarkSent): Decision {
  if (email === null || email.status === 'tombstone') return ignored('there is no such e-mail');
  const message = email.messages.find(({ id }) => id === command.message);
  if (!message) return ignored('the e-mail has no such message');
  const after = attempted(message, command);
  const changes = after.deliveries.filter((delivery, index) => delivery !== message.deliveries[index]);
  if (changes.length === 0) return ignored('the attempt changed the outcome of no recipient');

  const failed = changes
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ address, reason }) => ({ recipient: recipientBehind(email.recipients, address), reason }));
  const { recipients, announcements } = bounce(email.recipients, failed);
  const firstAccepted = wasAccepted(after) && !wasAccepted(message);
  const last_error = changes.findLast(({ reason }) => reason !== '')?.reason ?? '';
  const sent_at = firstAccepted ? command.at : null;
  const retry_at = after.status === 'queued' ? command.retry_at : null;
  const effects: Effect[] = [{ kind: 'record_attempt', message: after, sent_at, retry_at, last_error }];
  if (firstAccepted) effects.push({ kind: 'announce', event: 'sent', message: after, at: command.at });
  effects.push(...announcements);
  const messages = email.messages.map((one) => (one === message ? after : one));
  const change = { recipients, messages, last_error, ...(firstAccepted && sent(email, message, command.at)) };
  return conclude(email, change, effects, command.at);
}

const wasAccepted = ({ deliveries }: Message): boolean => deliveries.some(({ outcome }) => outcome === 'accepted');

/** RFC 5321 section 4.5.4.1 asks senders to try for some days. */
const GIVE_UP_AFTER_MS = 2 * 24 * 3_600_000;
/** About half of those that fit into the time: a message that waited for its paused mission has had fewer. */
const GIVE_UP_AFTER_ATTEMPTS = 90;

function attempted(
  message: Message,
  { accepted, refused, deferred, attempts = GIVE_UP_AFTER_ATTEMPTS, at }: MarkSent,
): Message {
  const isOld = Date.parse(at) - Date.parse(message.created_at) >= GIVE_UP_AFTER_MS;
  const givenUp = isOld && attempts >= GIVE_UP_AFTER_ATTEMPTS;
  const deliveries = message.deliveries.map((delivery): Delivery => {
    if (delivery.outcome !== 'waiting') return delivery;
    const { address } = delivery;
    const isSame = (other: string): boolean => addressKey(other) === addressKey(address);
    if (accepted.some(isSame)) return { address, outcome: 'accepted', reason: '' };
    const refusal = refused.find((one) => isSame(one.address));
    if (refusal) return { address, outcome: 'refused', reason: refusal.reason };
    const deferral = deferred.find((one) => isSame(one.address));
    if (!deferral) return delivery;
    return givenUp
      ? { address, outcome: 'refused', reason: `given up after two days: ${deferral.reason}` }
      : { address, outcome: 'waiting', reason: deferral.reason };
  });
  const isWaiting = deliveries.some(({ outcome }) => outcome === 'waiting');
  const after = { ...message, deliveries };
  return { ...after, status: isWaiting ? message.status : wasAccepted(after) ? 'sent' : 'failed' };
}

/** A reply may be recorded before the attempt that it replies to, so only `queued` becomes `awaiting_reply`. */
function sent({ status, expect_reply, sent_at }: Email, { number }: Message, at: string): Partial<Email> {
  if (number > 0) return {};
  return { sent_at: sent_at ?? at, ...(status === 'queued' && { status: expect_reply ? 'awaiting_reply' : 'sent' }) };
}

/** Whoever knows the reply address can write to it: replies that count are always stored, others up to this number. */
const MAX_UNCOUNTED = 1_000;
/** The mission is told of so many of those: each is an entry in its history. */
const MAX_NOTED = 20;

/**
 * Nothing in a message is trusted but the recipient's own address that it was sent to; where it came to the e-mail's
 * common address, its sender's; and in a returned message, the recipients that it did not reach.
 */
export function receive(email: State, command: Receive): Decision {
  if (email === null || email.status === 'tombstone') return ignored('there is no such e-mail');
  const { id, message, by, seen, stored, noted, at } = command;
  if (seen) return ignored('the message is stored already');
  if (email.messages.some(({ message_id }) => message_id === message.message_id)) {
    return ignored("the message is one of the e-mail's own");
  }
  const sender = senderOf(email, command);
  const isKnown = sender !== undefined && (sender.expected || !email.expect_reply);
  if (by === 'reference' && message.kind !== 'bounce' && !isKnown) {
    return ignored('the message names one of ours, but is from no expected recipient');
  }

  const described = storedReplyOf(email, sender, { id, message, at });
  const failed = described.kind === 'bounce' ? unreached(email, command) : [];
  const { recipients, announcements } = bounce(email.recipients, failed);
  // A recipient may reply again: each reply is announced, and its sender is counted once.
  const isFromExpected = described.kind === 'reply' && sender?.expected === true;
  const isCounted = isFromExpected && sender.outcome !== 'answered';
  if (!isCounted && announcements.length === 0 && stored >= MAX_UNCOUNTED) {
    return ignored(`${MAX_UNCOUNTED} replies are stored already, and this one counts for nothing`);
  }
  const isNoted = !isFromExpected && announcements.length === 0 && noted < MAX_NOTED;
  const reply = { ...described, noted: isNoted };
  const effects: Effect[] = [{ kind: 'store_reply', reply }];
  if (isFromExpected) effects.push({ kind: 'announce', event: 'replied', reply });
  if (isNoted) effects.push({ kind: 'announce', event: 'noted', reply });
  effects.push(...announcements);
  if (!isCounted) return conclude(email, { recipients }, effects, at);
  const answered = { ...sender, outcome: 'answered' as const, reply_id: reply.id };
  const change = {
    recipients: recipients.map((one) => (one === sender ? answered : one)),
    ...(isOpen(email) && { status: 'some_replied' as const }),
  };
  return conclude(email, change, effects, at);
}

/**
 * The recipient whose message it is. A token says so whatever From says; of several, the one that From names, or else
 * the first. A forged message is nobody's.
 */
function senderOf({ recipients }: Email, { message, sent_to }: Receive): Recipient | undefined {
  if (isForged(message)) return undefined;
  const byFrom = recipientBehind(recipients, message.from.address);
  if (sent_to.length === 0) return byFrom;
  if (byFrom && sent_to.includes(addressKey(byFrom.address))) return byFrom;
  return recipients.find(({ address }) => addressKey(address) === sent_to[0]);
}

/**
 * The recipients that a bounce reports. It counts only if its envelope's sender was empty, and if it names a message of
 * ours or came to a recipient's own address, which is the sender of that recipient's copy. Such a one says nothing
 * about another recipient: each copy is a message of its own.
 */
function unreached(
  { recipients, messages, message_id: first }: Email,
  { message, sent_to }: Receive,
): FailedDelivery[] {
  const { failures, unnamed_failure, references, null_reverse_path } = message;
  const namesOurs = [first, ...messages.map(({ message_id }) => message_id)].some((id) => references.includes(id));
  if (!null_reverse_path || !(namesOurs || sent_to.length > 0)) return [];
  if (unnamed_failure !== null) {
    const only = onlyRecipient(recipients, sent_to);
    return unnamed_failure.permanent && only ? [{ recipient: only, reason: reasonOf(unnamed_failure) }] : [];
  }
  return failures
    .filter(({ permanent }) => permanent)
    .map((failure) => ({ recipient: recipientBehind(recipients, failure.recipient), reason: reasonOf(failure) }))
    .filter(({ recipient }) => !recipient || sent_to.length === 0 || sent_to.includes(addressKey(recipient.address)));
}

/** A bounce that names nobody can only be that of the one recipient of its copy, or of the whole e-mail. */
const onlyRecipient = (recipients: readonly Recipient[], sent_to: readonly string[]): Recipient | undefined =>
  sent_to.length === 1
    ? recipients.find(({ address }) => addressKey(address) === sent_to[0])
    : sent_to.length === 0 && recipients.length === 1
      ? recipients[0]
      : undefined;

const reasonOf = ({ status, reason }: { readonly status: string; readonly reason: string }): string =>
  [status, reason].filter(Boolean).join(' ');

interface FailedDelivery {
  /** undefined if the address is no recipient's. */
  readonly recipient: Recipient | undefined;
  readonly reason: string;
}

/** Marks the failed recipients that are still pending as bounced; whoever replied was evidently reached. */
function bounce(
  recipients: readonly Recipient[],
  failed: readonly FailedDelivery[],
): { recipients: Recipient[]; announcements: Announcement[] } {
  const announcements: Announcement[] = [];
  let after = [...recipients];
  for (const { recipient, reason } of failed) {
    const index = recipient ? after.findIndex(({ address }) => address === recipient.address) : -1;
    const current = after[index];
    if (current?.outcome !== 'pending') continue;
    after = after.with(index, { ...current, outcome: 'bounced' });
    announcements.push({ kind: 'announce', event: 'bounced', recipient: current.address, reason });
  }
  return { recipients: after, announcements };
}

/**
 * The only place where the status is derived from the recipients' outcomes. Announces `all_replied` once, when the last
 * expected recipient stops being pending and at least one has replied; cancels the timer when the wait ends.
 * `change.status` is the status if no wait ends.
 */
function conclude(before: Email, change: Partial<Email>, effects: readonly Effect[], at: string): Decision {
  const recipients = change.recipients ?? before.recipients;
  const status = statusAfter(before, recipients, change.status ?? before.status);
  const next: Email = { ...before, ...change, recipients, status, version: before.version + 1, updated_at: at };
  const all: Effect[] = [...effects];
  if (isComplete(next) && !isComplete(before)) all.push({ kind: 'announce', event: 'all_replied' });
  if (isOpen(before) && !isOpen(next)) all.push({ kind: 'cancel_timer' });
  return moved(next, all);
}

/** At least one expected recipient has replied, and none is pending. */
function isComplete(email: Email): boolean {
  const { pending_from, received_from } = progressOf(email);
  return pending_from.length === 0 && received_from.length > 0;
}

function statusAfter(
  { expect_reply, status: current }: Email,
  recipients: readonly Recipient[],
  otherwise: EmailStatus,
): EmailStatus {
  if (current === 'cancelled' || current === 'all_replied') return current;
  const relevant = expect_reply ? recipients.filter(({ expected }) => expected) : recipients;
  if (relevant.length === 0 || relevant.some(({ outcome }) => outcome === 'pending')) return otherwise;
  if (relevant.every(({ outcome }) => outcome === 'bounced')) return current === 'expired' ? current : 'bounced';
  return expect_reply ? 'all_replied' : otherwise;
}
