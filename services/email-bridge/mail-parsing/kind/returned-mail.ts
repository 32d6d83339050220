import { addressesOf, header, isAddress, messageIds } from '../headers.ts';
import type { Mime } from '../mime.ts';
import { sanitizeLine } from '../sanitize.ts';
import { hasNullReversePath } from './automatic.ts';
import type { DeliveryFailure } from './delivery-report.ts';

/**
 * Returned mail without a report that programs can read (RFC 3464): the notices of qmail, of older Exim and of other
 * mail servers, in prose.
 */

const RETURNED_SUBJECTS = [
  'undeliver(?:able|ed)|non[ -]?delivery|returned (?:mail|to sender)|return receipt',
  'mail delivery (?:failed|failure|system|subsystem)',
  'delivery (?:status notification|failure|has failed|delayed|problem|incomplete)|failure notice',
  'delivery notification|message (?:delayed|undelivered)|could not be delivered',
  "couldn't be delivered|warning: (?:message|could not send)|unzustellbar|nicht zugestellt",
  'non remis|échec de (?:la )?remise|no se (?:ha )?pud[eo] entregar|mancata consegna|não entregue',
  'onbestelbaar',
].join('|');
const SUBJECT = new RegExp(String.raw`\b(?:${RETURNED_SUBJECTS})`, 'iu');

/** A mail server's notice about a message that was not delivered, or not yet. */
export const isReturnedMail = (mime: Mime, from: string, subject: string): boolean =>
  (hasNullReversePath(mime) || (isMailServer(from) && !REPLY_SUBJECT.test(subject))) &&
  (SUBJECT.test(subject) || header(mime, 'x-failed-recipients') !== '');

const MAIL_SERVER_NAMES = [
  'mailer-?daemon|mail-daemon|maildaemon|mdaemon|postmaster|microsoftexchange[0-9a-f]{8,}',
  'mail-delivery|delivery-?system',
].join('|');
const MAIL_SERVER_ADDRESS = new RegExp(String.raw`^(?:${MAIL_SERVER_NAMES})@`, 'i');

/** Whether mail servers send their notices from this address. */
const isMailServer = (address: string): boolean => MAIL_SERVER_ADDRESS.test(address);

/** A postmaster is also a person, whose replies and forwards begin like anybody's. */
const REPLY_SUBJECT = /^\s*(?:re|aw|sv|antw|fwd?|wg|tr|rv|rif|res)\s*:/i;

const COPY_TITLES = [
  'copy|original message|returned message|unsent message|message header|the (?:headers|body)',
  'nachricht',
].join('|');
/**
 * The line above a copy of the returned message. Addresses below it belong to the copy, and none of them is a failed
 * recipient.
 */
const COPY_DIVIDER = new RegExp(String.raw`^(?:[ \t]*-{2,}.*(?:${COPY_TITLES})|received: |return-path: )`, 'iu');

const DELAYED_PHRASES = [
  'delayed|delay|will be retried|still being retried|not yet been delivered|keep trying',
  'still trying|warning message only|no action is required|do not need to resend',
].join('|');
const DELAYED = new RegExp(String.raw`\b(?:${DELAYED_PHRASES})\b`, 'i');

const FAILED_PHRASES = [
  "fail(?:ed|ure)?|undeliver(?:able|ed)|permanent|could(?: not|n't) be delivered|returned|rejected",
  "does not exist|doesn't exist|unknown user|user unknown|no such user|unzustellbar",
].join('|');
const FAILED = new RegExp(String.raw`\b(?:${FAILED_PHRASES})\b`, 'i');
const MAX_TEXT = 20_000;
const MAX_RECIPIENTS = 20;

/**
 * The failed recipients that the notice names where a mail server names them: at the beginning of a line, or in
 * X-Failed-Recipients. An address in the middle of a sentence is ignored.
 */
export function failuresInText(mime: Mime, text: string, subject: string): DeliveryFailure[] {
  const allLines = text
    .slice(0, MAX_TEXT)
    .split('\n')
    .map((line) => line.slice(0, 500));
  const copyAt = allLines.findIndex((line) => COPY_DIVIDER.test(line));
  const lines = copyAt === -1 ? allLines : allLines.slice(0, copyAt);
  const notice = lines.join('\n');
  const delayed = DELAYED.test(`${subject}\n${notice}`);
  const failures = new Map<string, DeliveryFailure>();
  const add = (recipient: string, explanation: string): void => {
    if (failures.has(recipient.toLowerCase()) || failures.size >= MAX_RECIPIENTS) return;
    // The enhanced status code (RFC 3463), and the class of the reply code (RFC 5321 section 4.2.1) or of the status.
    const status = /(?:^|[\s#(])([45]\.\d{1,3}\.\d{1,3})\b/.exec(explanation)?.[1] ?? '';
    const code = /(?:^|\s)([45])\d\d[\s-]/.exec(explanation)?.[1] ?? status[0];
    const permanent = !delayed && (code === '5' || (code === undefined && FAILED.test(`${subject}\n${notice}`)));
    failures.set(recipient.toLowerCase(), { recipient, permanent, status, reason: sanitizeLine(explanation, 500) });
  };
  lines.forEach((line, at) => {
    const recipient = recipientIn(line);
    if (recipient) add(recipient, explanationAt(lines, at, line.slice(line.indexOf(recipient) + recipient.length)));
  });
  for (const recipient of addressesOf(mime, ['x-failed-recipients'])) add(recipient, notice);
  return [...failures.values()];
}

/** The recipient at the beginning of a line, e.g. `<sarah@example.com>:` or `Sarah (sarah@example.com)`. */
function recipientIn(line: string): string | undefined {
  const plain =
    /^[ \t]*<?([^\s<>()]+@[^\s<>():]+)>?:?(?=\s|$)/.exec(line)?.[1] ??
    /^[ \t]*[^@<>()]{1,100} \(([^\s<>()]+@[^\s<>()]+)\)/.exec(line)?.[1];
  return plain !== undefined && isAddress(plain) ? plain : undefined;
}

/** The text after the recipient, in its line and in the lines below it up to a blank line or the next recipient. */
function explanationAt(lines: readonly string[], at: number, rest: string): string {
  const below: string[] = [];
  for (const line of lines.slice(at + 1, at + 8)) {
    if (recipientIn(line) || (line.trim() === '' && below.some((one) => one.trim() !== ''))) break;
    below.push(line);
  }
  return [rest.replace(/^[>)\s:]+/, ''), ...below].join('\n');
}

/** The Message-ID of the message that a bounce returns: whole or its headers alone, attached or quoted. */
export function returnedMessageIds(mime: Mime, text: string): string[] {
  const attached = mime.attachments.filter(({ type }) =>
    /^(?:message\/(?:rfc822|global|rfc822-headers|global-headers)|text\/rfc822-headers)$/.test(type),
  );
  const texts = [
    ...attached.slice(0, 3).map(({ content }) => Buffer.from(content).toString('latin1', 0, 64_000)),
    text.slice(0, 64_000),
  ];
  return [
    ...new Set(
      texts.flatMap((one) => messageIds(/^[ \t>]*message-id:[ \t]*(?:\r?\n[ \t]+)?(\S{1,998})/im.exec(one)?.[1] ?? '')),
    ),
  ];
}
