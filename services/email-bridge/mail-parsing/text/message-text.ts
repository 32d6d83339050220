import { sanitizeLine } from '../sanitize.ts';
import type { Mime } from '../mime.ts';
import { htmlBudget, type HtmlBudget, visibleText } from './visible-html.ts';

/**
 * The text of a message: the texts of its parts, and one line each for an answered invitation and for the attachments.
 */

/** Text parts in their order, each as plain text, up to the one that reaches `limit`. Not sanitized. */
export function textOfParts(mime: Mime, limit: number): string {
  const budget = htmlBudget();
  const texts: string[] = [];
  let length = 0;
  for (const part of mime.texts) {
    if (length >= limit) break;
    const text = plainText(part, budget);
    if (text.trim() === '') continue;
    texts.push(text);
    length += text.length;
  }
  return texts.join('\n\n');
}

/**
 * The plain alternative where it says something. Messages with HTML alone, or with an empty plain alternative, are
 * common.
 */
const plainText = ({ plain, html }: Mime['texts'][number], budget: HtmlBudget): string =>
  plain.trim() === '' && html !== '' ? visibleText(html, budget) : plain;

const MAX_ICALENDAR = 100_000;
const MAX_ICALENDAR_LINES = 2_000;

/**
 * The answer to an invitation (iTIP, RFC 5546 sections 3.2.3 and 3.2.7), which often is the only content of its
 * message.
 * @returns e.g. `[answer to an invitation: ACCEPTED, Q1 budget, 20260120T100000Z]`; '' if the message has no such part.
 */
export function invitationReply(mime: Mime): string {
  const part = mime.attachments.find(
    ({ type, method }) => type === 'text/calendar' && (method === 'REPLY' || method === 'COUNTER'),
  );
  if (!part) return '';
  // RFC 5545 section 3.1: a folded line goes on after CRLF and white space.
  const lines = Buffer.from(part.content)
    .toString('utf8', 0, MAX_ICALENDAR)
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/, MAX_ICALENDAR_LINES);
  const property = (name: string): string =>
    sanitizeLine(lines.find((line) => new RegExp(`^${name}[;:]`, 'i').test(line))?.replace(/^[^:]*:/, '') ?? '', 200);
  const attendee = lines.find((line) => /^ATTENDEE[;:]/i.test(line)) ?? '';
  const status = /^ATTENDEE[^:]*;PARTSTAT=([A-Z-]{1,30})/im.exec(attendee)?.[1] ?? '';
  const facts = [
    `answer to an invitation: ${status || part.method}`,
    property('SUMMARY'),
    property('DTSTART'),
    property('COMMENT'),
  ];
  return `[${facts.filter((fact) => fact !== '').join(', ')}]`;
}

const MAX_NAMED_ATTACHMENTS = 20;

const STRUCTURAL_TYPES = [
  String.raw`message\/(?:global-)?delivery-status|message\/disposition-notification|text\/rfc822-headers`,
  String.raw`text\/calendar|application\/(?:pgp-signature|pkcs7-signature|x-pkcs7-signature|pgp-encrypted)`,
].join('|');
/** Parts that belong to the format of the message; its sender attached none of them. */
const STRUCTURAL_TYPE = new RegExp(String.raw`^(?:${STRUCTURAL_TYPES})$`);

/**
 * The names of the attachments. Their content is not stored, but an agent must know that they exist: "see attached" is
 * an answer.
 * @returns e.g. `[attached, not kept: budget.pdf, plan.png]`; '' if there are none.
 */
export function attachmentsLine(mime: Mime): string {
  const names = mime.attachments
    .filter(({ type }) => !STRUCTURAL_TYPE.test(type))
    .map(({ name, type }) => sanitizeLine(name, 100) || sanitizeLine(type, 100));
  if (names.length === 0) return '';
  const more = names.length > MAX_NAMED_ATTACHMENTS ? ` and ${names.length - MAX_NAMED_ATTACHMENTS} more` : '';
  return `[attached, not kept: ${names.slice(0, MAX_NAMED_ATTACHMENTS).join(', ')}${more}]`;
}
