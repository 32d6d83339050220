import { oneLine } from '../sanitize.ts';
import type { Mime } from '../mime.ts';

/** What a reader would see beside the text. */

const MAX_NAMED = 20;
const IS_STRUCTURE =
  /^(?:message\/(?:global-)?delivery-status|message\/disposition-notification|text\/rfc822-headers|text\/calendar|application\/(?:pgp-signature|pkcs7-signature|x-pkcs7-signature|pgp-encrypted))$/;

/** Attachments are not kept; that there were some, an agent must know: "see attached" is an answer. '' when there are none. */
export function attachmentsLine(mime: Mime): string {
  const names = mime.attachments
    .filter(({ type }) => !IS_STRUCTURE.test(type))
    .map(({ name, type }) => oneLine(name, 100) || oneLine(type, 100));
  if (names.length === 0) return '';
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return `[attached, not kept: ${names.slice(0, MAX_NAMED).join(', ')}${more}]`;
}

/** RFC 5546: an answer to an invitation often has no other text. '' for anything else. */
export function calendarAnswer(mime: Mime): string {
  const answer = mime.attachments.find(
    ({ type, method }) => type === 'text/calendar' && (method === 'REPLY' || method === 'COUNTER'),
  );
  if (!answer) return '';
  const lines = Buffer.from(answer.content)
    .toString('utf8', 0, 100_000)
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/, 2_000);
  const field = (name: string): string =>
    oneLine(lines.find((line) => new RegExp(`^${name}[;:]`, 'i').test(line))?.replace(/^[^:]*:/, '') ?? '', 200);
  const status =
    /^ATTENDEE[^:]*;PARTSTAT=([A-Z-]{1,30})/im.exec(lines.find((line) => /^ATTENDEE[;:]/i.test(line)) ?? '')?.[1] ?? '';
  return `[${[`answer to an invitation: ${status || answer.method}`, field('SUMMARY'), field('DTSTART'), field('COMMENT')].filter((part) => part !== '').join(', ')}]`;
}
