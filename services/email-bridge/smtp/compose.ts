import { addressKey } from '@missions/contracts/email/address.ts';
import type { MailDefaults } from 'nodemailer/lib/mailer';
import { replyAddress } from '../domain/reply-address.ts';
import type { ClaimedMessage } from '../store/claim-messages.ts';
import { mailbox } from './mailbox.ts';

/**
 * A recipient's copy of the message, for nodemailer. The copies differ in the address for replies alone, which says who
 * replies. However often a copy is composed, it is the same to the byte, except for its MIME boundaries. Addresses are
 * passed as name and address, so that no part of one can be read as a second address. `bcc` recipients are in the
 * envelope only.
 */
export function compose(claimed: ClaimedMessage, recipient: string): MailDefaults {
  const { email, message, body_text, body_html } = claimed;
  const replyTo = ownAddress(claimed, recipient);
  const isFirst = message.number === 0;
  return {
    messageId: message.message_id,
    date: new Date(message.created_at),
    from: mailbox(email.from),
    replyTo: mailbox(replyTo),
    to: (isFirst ? email.to : visibleRecipients(email, message)).map(mailbox),
    cc: isFirst ? email.cc.map(mailbox) : [],
    subject: isFirst ? email.subject : asReply(email.subject),
    text: body_text,
    ...(body_html !== null && { html: body_html }),
    ...threadHeaders(email, message),
    // A bounce goes to the envelope's sender (RFC 5321 section 4.4), so its address says whose copy it was.
    envelope: { from: replyTo, to: [recipient] },
    disableFileAccess: true,
    disableUrlAccess: true,
    xMailer: false,
  };
}

/** An e-mail of the first version has one address for all. */
function ownAddress({ email, tokens }: ClaimedMessage, recipient: string): string {
  const token = tokens[addressKey(recipient)];
  return token === undefined ? email.reply_to : replyAddress(email.from, token);
}

/**
 * A follow-up names those of its recipients who were named before; a `bcc` recipient is not shown to the others now.
 */
function visibleRecipients({ to, cc }: ClaimedMessage['email'], { deliveries }: ClaimedMessage['message']): string[] {
  const reminded = new Set(deliveries.map(({ address }) => addressKey(address)));
  return [...to, ...cc].filter((text) => reminded.has(addressKey(text)));
}

const asReply = (subject: string): string => (/^re\s*:/i.test(subject) ? subject : `Re: ${subject}`);

/**
 * In-Reply-To names the parent, References the messages from the thread's root to the parent (RFC 5322 section 3.6.4).
 */
function threadHeaders(
  { thread_id, reply_to_message_id, message_id, messages }: ClaimedMessage['email'],
  { number }: ClaimedMessage['message'],
): Pick<MailDefaults, 'inReplyTo' | 'references'> {
  const root = thread_id === message_id ? [] : [thread_id];
  const parents = [...root, ...(reply_to_message_id === null ? [] : [reply_to_message_id])];
  const earlier = messages.filter((one) => one.number < number).map((one) => one.message_id);
  const references = [...new Set([...parents, ...earlier])];
  const inReplyTo = number > 0 ? message_id : reply_to_message_id;
  return inReplyTo === null ? {} : { inReplyTo, references };
}
