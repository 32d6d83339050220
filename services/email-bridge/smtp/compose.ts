import { addressKey, parseAddress } from '@missions/contracts/email/address.ts';
import type { MailDefaults } from 'nodemailer/lib/mailer';
import type { DueMessage } from '../store/claim-messages.ts';

/**
 * A message as it goes out: the same to the byte but for its MIME boundaries, however often. Addresses are handed over taken apart, so that nothing
 * in them is read as more than one; `bcc` stands in the envelope only.
 */
export function compose(
  { email, message, body_text, body_html }: DueMessage,
  recipients: readonly string[],
): MailDefaults {
  const first = message.number === 0;
  return {
    messageId: message.message_id,
    date: new Date(message.created_at),
    from: parseAddress(email.from),
    replyTo: parseAddress(email.reply_to),
    to: (first ? email.to : remindedOf(email, message)).map(parseAddress),
    cc: first ? email.cc.map(parseAddress) : [],
    subject: first ? email.subject : answering(email.subject),
    text: body_text,
    ...(body_html !== null && { html: body_html }),
    ...threadOf(email, message),
    // Bounces go to the envelope's sender (RFC 5321 section 4.4), and so match by its token.
    envelope: { from: email.reply_to, to: [...recipients] },
    disableFileAccess: true,
    disableUrlAccess: true,
    xMailer: false,
  };
}

/** Whom a follow-up names: those who were named before. Who got the mail as a blind copy is not shown to the others now. */
function remindedOf({ to, cc }: DueMessage['email'], { deliveries }: DueMessage['message']): string[] {
  const reminded = new Set(deliveries.map((it) => addressKey(it.address)));
  return [...to, ...cc].filter((text) => reminded.has(addressKey(text)));
}

const answering = (subject: string): string => (/^re\s*:/i.test(subject) ? subject : `Re: ${subject}`);

/** RFC 5322 section 3.6.4: the parent, and the way to it from the root. */
function threadOf(
  { thread_id, reply_to_message_id, message_id, messages }: DueMessage['email'],
  { number }: DueMessage['message'],
): Pick<MailDefaults, 'inReplyTo' | 'references'> {
  const root = thread_id === message_id ? [] : [thread_id];
  const parents = [...root, ...(reply_to_message_id === null ? [] : [reply_to_message_id])];
  const earlier = messages.filter((it) => it.number < number).map((it) => it.message_id);
  const references = [...new Set([...parents, ...earlier])];
  const inReplyTo = number > 0 ? message_id : reply_to_message_id;
  return inReplyTo === null ? {} : { inReplyTo, references };
}
