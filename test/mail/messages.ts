import { randomUUID } from 'node:crypto';

/** The members of a sent e-mail that a reply to it needs. */
export interface Answered {
  /** Message-ID. */
  readonly message_id: string;
  readonly subject: string;
  /** Address for replies. */
  readonly reply_to: string;
}

/** A message (RFC 5322) and its envelope. */
export interface Message {
  readonly from: string;
  readonly to: string;
  readonly id: string;
  readonly raw: string;
}

const lines = (...all: (string | readonly string[])[]): string => `${all.flat().join('\r\n')}\r\n`;
const newMessageId = (address: string): string => `<${randomUUID()}@${address.split('@')[1]}>`;
const DATE = 'Date: Mon, 02 Feb 2026 10:00:00 +0000';

/** A person's reply that quotes the original message below, as mail programs do. */
export function answer(
  { message_id, subject, reply_to }: Answered,
  from: string,
  text: string,
  { name = from, id = newMessageId(from) } = {},
): Message {
  const raw = lines(
    [
      `Message-ID: ${id}`,
      DATE,
      `From: ${name === from ? from : `${name} <${from}>`}`,
      `To: ${reply_to}`,
      `Subject: Re: ${subject}`,
    ],
    [
      `In-Reply-To: ${message_id}`,
      `References: ${message_id}`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
    ],
    [...text.split('\n'), '', 'On Mon, 2 Feb 2026 at 09:00, Missions wrote:', '> Which day would suit you?'],
  );
  return { from, to: reply_to, id, raw };
}

/** An automatic reply (RFC 3834). */
export function outOfOffice({ message_id, subject, reply_to }: Answered, from: string): Message {
  const id = newMessageId(from);
  const raw = lines(
    [
      `Message-ID: ${id}`,
      DATE,
      `From: ${from}`,
      `To: ${reply_to}`,
      `Subject: Automatic reply: ${subject}`,
      `In-Reply-To: ${message_id}`,
      'Auto-Submitted: auto-replied',
    ],
    ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', 'I am out of the office until Thursday.'],
  );
  // The null reverse-path prevents automatic replies to it.
  return { from: '', to: reply_to, id, raw };
}

/**
 * A bounce (RFC 3464) from the mail server of an unknown recipient. Only the address it is sent to and the returned
 * headers relate it to its message.
 */
export function bounceNotice({ message_id, subject, reply_to }: Answered, recipient: string): Message {
  const host = `mx.${recipient.split('@')[1]}`;
  const id = `<${randomUUID()}@${host}>`;
  const part = (type: string, ...body: string[]): string[] => ['--report', `Content-Type: ${type}`, '', ...body, ''];
  const raw = lines(
    [
      `Message-ID: ${id}`,
      DATE,
      `From: Mail Delivery System <MAILER-DAEMON@${host}>`,
      `To: ${reply_to}`,
      'Subject: Undelivered Mail Returned to Sender',
      'Auto-Submitted: auto-replied',
    ],
    ['MIME-Version: 1.0', 'Content-Type: multipart/report; report-type=delivery-status; boundary="report"', ''],
    part('text/plain; charset=us-ascii', `Your message to ${recipient} could not be delivered.`),
    part(
      'message/delivery-status',
      `Reporting-MTA: dns; ${host}`,
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: smtp; 550 5.1.1 No such user',
    ),
    part('text/rfc822-headers', `Message-ID: ${message_id}`, `To: ${recipient}`, `Subject: ${subject}`),
    ['--report--'],
  );
  return { from: '', to: reply_to, id, raw };
}
