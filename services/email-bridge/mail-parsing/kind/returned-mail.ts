import { addressesOf, header, isAddress, messageIds } from '../headers.ts';
import type { Mime } from '../parts/mime.ts';
import { sanitizeLine } from '../sanitize.ts';
import { folded, phrasesOf } from '../tables/table.ts';
import { hasNullReversePath } from './automatic.ts';
import type { DeliveryFailure } from './delivery-report.ts';
import { recipientsInNotice } from './notice-recipients.ts';

/**
 * Returned mail without a report that programs can read (RFC 3464): the notices of qmail, of older Exim and of other
 * mail servers, in prose.
 */

const subjects = phrasesOf('returned-subjects');
const isReturnedSubject = (subject: string): boolean => subjects.some((one) => folded(subject).includes(one));

/** An enhanced status or a reply code of a refusal: `550 5.1.1 no such user`. */
const REFUSAL = /(?:^|[\s#(:<>-])[45](?:\d\d(?=[\s-])|\.\d{1,3}\.\d{1,3}\b)/;

/**
 * A mail server's notice about a message that was not delivered, or not yet: it says so in its subject, whatever its
 * language; or it writes to nobody, and an address stands beside the code of a refusal, or it returns the message and says
 * whom it did not reach.
 */
export function isReturnedMail(
  mime: Mime,
  { from, subject, text }: { from: string; subject: string; text: string },
): boolean {
  const isServer = isMailServer(from) || (from === '' && NAMELESS_SERVER.test(header(mime, 'from').slice(0, 300)));
  const isNotice = hasNullReversePath(mime) || (isServer && !REPLY_SUBJECT.test(subject));
  if (!isNotice) return false;
  if (isReturnedSubject(subject) || header(mime, 'x-failed-recipients') !== '') return true;
  const lines = noticeIn(text);
  const named = recipientsInNotice(lines);
  if (isServer && named.some(({ explanation, line }) => REFUSAL.test(explanation) || REFUSAL.test(line))) return true;
  return (
    hasNullReversePath(mime) &&
    (isServer || returnsMessage(mime)) &&
    named.length > 0 &&
    says(folded(lines.join('\n')), failed)
  );
}

const MAIL_SERVER_NAMES = [
  'mailer-?daemon|mail-daemon|maildaemon|mdaemon|postmaster|microsoftexchange[0-9a-f]{8,}',
  'mail-delivery|delivery-?system|mail[.-]?delivery[.-]?(?:sub)?system|post_master|bounces?|mailer|double-bounce',
].join('|');
const MAIL_SERVER_ADDRESS = new RegExp(String.raw`^(?:${MAIL_SERVER_NAMES})@`, 'i');

/** Some servers send without any domain: `MAILER-DAEMON <>`. */
const NAMELESS_SERVER = /mailer-?daemon|mail delivery (?:sub)?system|^[^<]{0,100}<\s*>\s*$/i;

const returnsMessage = ({ attachments }: Mime): boolean =>
  attachments.some(({ type }) => type === 'message/rfc822' || type === 'text/rfc822-headers');

/** Whether mail servers send their notices from this address. */
export const isMailServer = (address: string): boolean => MAIL_SERVER_ADDRESS.test(address);

/** A postmaster is also a person, whose replies and forwards begin like anybody's. */
const REPLY_SUBJECT = /^\s*(?:re|aw|sv|antw|fwd?|wg|tr|rv|rif|res)\s*:/i;

const copies = phrasesOf('returned-phrases', 'copy');

/**
 * Whether the line stands above a copy of the returned message. Addresses below it belong to the copy, and none of them
 * is a failed recipient.
 */
function isCopyDivider(line: string): boolean {
  if (/^(?:received|return-path|message-id|mime-version|dkim-signature): /i.test(line)) return true;
  const text = folded(line.slice(0, 200));
  if (/^[-=_*]{2,}/.test(text)) return copies.some((one) => text.includes(one));
  return text.length <= 70 && /[.:]$/.test(text) && copies.some((one) => text.startsWith(one));
}

const [final, delayed, failed] = ['final', 'delayed', 'failed'].map((kind) => phrasesOf('returned-phrases', kind)) as [
  string[],
  string[],
  string[],
];
const says = (text: string, phrases: readonly string[]): boolean => phrases.some((one) => text.includes(one));

const MAX_TEXT = 20_000;
const MAX_RECIPIENTS = 20;

/** The lines of the notice itself, above the copy of the message. */
function noticeIn(text: string): string[] {
  const lines = text
    .slice(0, MAX_TEXT)
    .split('\n')
    .map((line) => line.slice(0, 500));
  const copyAt = lines.findIndex((line, at) => at > 0 && isCopyDivider(line));
  return copyAt === -1 ? lines : lines.slice(0, copyAt);
}

/** What a notice in prose says: about recipients that it names, or about one that it does not. */
export interface NoticeReading {
  readonly failures: DeliveryFailure[];
  /** If it names nobody: what it says about whoever the message was for. */
  readonly unnamed: Pick<DeliveryFailure, 'permanent' | 'status' | 'reason'>;
}

/**
 * The failed recipients that a notice names, in X-Failed-Recipients or in its text. Who gives up says so; the code only
 * says why: `421 try later` is final after five days.
 */
export function failuresInText(mime: Mime, text: string, subject: string): NoticeReading {
  const lines = noticeIn(text);
  const notice = lines.join('\n');
  const whole = folded(`${subject}\n${notice}`);
  const failures = new Map<string, DeliveryFailure>();
  const isListed = addressesOf(mime, ['x-failed-recipients']).length > 0;
  const judge = (explanation: string): Omit<DeliveryFailure, 'recipient'> => {
    // The enhanced status code (RFC 3463), and the class of the reply code (RFC 5321 section 4.2.1) or of the status.
    const status = /(?:^|[\s#(])([45]\.\d{1,3}\.\d{1,3})\b/.exec(explanation)?.[1] ?? '';
    const code = /(?:^|[\s#(:])([45])\d\d[\s-]/.exec(explanation)?.[1] ?? status[0];
    const own = folded(explanation);
    const isLate = says(own, delayed) || (!says(own, failed) && code !== '5' && says(whole, delayed));
    const isGivenUp = says(own, final) || (says(whole, final) && !says(folded(subject), delayed));
    const permanent =
      isGivenUp || (!isLate && (code === '5' || (code === undefined && (isListed || says(whole, failed)))));
    return { permanent, status, reason: sanitizeLine(explanation, 500) };
  };
  const add = (recipient: string, explanation: string): void => {
    if (failures.has(recipient.toLowerCase()) || failures.size >= MAX_RECIPIENTS) return;
    failures.set(recipient.toLowerCase(), { recipient, ...judge(explanation) });
  };
  const ours = new Set(addressesOf(mime, ['to', 'delivered-to', 'from']).map((one) => one.toLowerCase()));
  for (const { address, explanation } of recipientsInNotice(lines))
    if (!ours.has(address.toLowerCase())) add(address, explanation);
  for (const recipient of addressesOf(mime, ['x-failed-recipients'])) add(recipient, notice);
  return { failures: [...failures.values()], unnamed: judge(notice) };
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
  ].filter((id) => isAddress(id.slice(1, -1)) || id.length > 2);
}
