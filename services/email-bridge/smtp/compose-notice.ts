import type { MailDefaults } from 'nodemailer/lib/mailer';
import { replyAddress } from '../domain/reply-address.ts';
import type { ClaimedNotice } from '../store/notices.ts';
import { mailbox } from './mailbox.ts';
import type { OwnAddress } from './transport.ts';

export const messageIdOf = (
  { id }: Pick<ClaimedNotice, 'id'>,
  { mailDomain }: Pick<OwnAddress, 'mailDomain'>,
): string => `<notice.${id}@${mailDomain}>`;

/** A notice for nodemailer. However often it is composed, it has the same Message-ID. */
export function composeNotice(notice: ClaimedNotice, own: OwnAddress): MailDefaults {
  const { to_address, token, subject, body_text, body_html, headers, created_at } = notice;
  const { mailAddress } = own;
  const replyTo = replyAddress(mailAddress, token);
  return {
    messageId: messageIdOf(notice, own),
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
