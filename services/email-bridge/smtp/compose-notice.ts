import type { MailDefaults } from 'nodemailer/lib/mailer';
import { replyAddress } from '../domain/reply-address.ts';
import type { ClaimedNotice } from '../store/notices.ts';
import { mailbox } from './mailbox.ts';
import type { OwnAddress } from './transport.ts';

/** A notice for nodemailer. However often it is composed, it has the same Message-ID. */
export function composeNotice(
  { id, to_address, token, subject, body_text, body_html, headers, created_at }: ClaimedNotice,
  { mailAddress, mailDomain }: OwnAddress,
): MailDefaults {
  const replyTo = replyAddress(mailAddress, token);
  return {
    messageId: `<notice.${id}@${mailDomain}>`,
    date: new Date(created_at),
    from: { name: 'Missions', address: mailAddress },
    replyTo: mailbox(replyTo),
    to: [mailbox(to_address)],
    subject,
    text: body_text,
    html: body_html,
    headers,
    envelope: { from: replyTo, to: [to_address] },
    disableFileAccess: true,
    disableUrlAccess: true,
    xMailer: false,
  };
}
