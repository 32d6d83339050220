import type { Attachment, Mime } from '../parts/mime.ts';
import { sanitizeLine } from '../sanitize.ts';

/**
 * Invitations and their answers (iTIP, RFC 5546), which often are the only content of their message.
 *
 * ical.js was looked at: it refuses a calendar that is cut off or has one bad line, and few properties are needed here.
 */
const MAX_LINES = 2_000;

export const isCalendar = ({ type, name, content }: Attachment): boolean =>
  type === 'text/calendar' ||
  ((/^(?:application\/(?:ics|calendar)|text\/(?:x-)?vcalendar)$/.test(type) || /\.ics$/i.test(name)) &&
    startsAsCalendar(content));

const startsAsCalendar = (content: Uint8Array): boolean =>
  /^\ufeff?\s*BEGIN:VCALENDAR/i.test(Buffer.from(content).toString('utf8', 0, 100));

/** `REPLY`, `REQUEST`, `CANCEL` …: as the part's type names it, or else the calendar itself; '' if neither does. */
export function calendarMethod(attachment: Attachment): string {
  if (!isCalendar(attachment)) return '';
  if (attachment.method !== '') return attachment.method;
  return (
    propertiesOf(attachment)
      .find(({ name }) => name === 'METHOD')
      ?.value.toUpperCase() ?? ''
  );
}

interface Property {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly value: string;
}

/** RFC 5545 section 3.1: a folded line goes on after a line end and white space; a parameter may be quoted. */
function propertiesOf({ content }: Attachment): Property[] {
  return Buffer.from(content)
    .toString('utf8')
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/, MAX_LINES)
    .flatMap((line) => {
      const parts = splitOutsideQuotes(line.slice(0, 4_000));
      const [head = '', ...rest] = parts.parameters;
      const parameters = new Map(
        rest.map((one) => {
          const equals = one.indexOf('=');
          return [one.slice(0, Math.max(equals, 0)).trim().toUpperCase(), one.slice(equals + 1).replace(/^"|"$/g, '')];
        }),
      );
      return parts.value === undefined
        ? []
        : [{ name: head.trim().toUpperCase(), parameters, value: parts.value.trim() }];
    });
}

/** `ATTENDEE;CN="Miller: Sarah";PARTSTAT=ACCEPTED:mailto:sarah@example.com` */
function splitOutsideQuotes(line: string): { parameters: string[]; value: string | undefined } {
  const parameters = [''];
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] as string;
    if (character === '"') quoted = !quoted;
    if (character === ':' && !quoted) return { parameters, value: line.slice(at + 1) };
    if (character === ';' && !quoted) parameters.push('');
    else parameters[parameters.length - 1] += character;
  }
  // A quotation mark without its end.
  const colon = line.indexOf(':');
  return colon === -1
    ? { parameters, value: undefined }
    : { parameters: line.slice(0, colon).split(';'), value: line.slice(colon + 1) };
}

/** RFC 5545 section 3.3.11. */
const unescaped = (value: string): string =>
  value.replace(/\\([nN,;\\])/g, (_, character: string) => (character.toLowerCase() === 'n' ? '\n' : character));

/** What an organizer says; answers say what the attendee's status is. */
const TITLES: Record<string, string> = {
  REQUEST: 'an invitation',
  CANCEL: 'an invitation is taken back: CANCEL',
  ADD: 'an addition to an invitation',
  DECLINECOUNTER: 'a counter-proposal is declined',
  REFRESH: 'a request for the latest invitation',
};

/**
 * What the calendar in a message says.
 * @returns e.g. `[answer to an invitation: ACCEPTED, Q1 budget, 20260120T100000Z]`; '' if the message has none.
 */
export function calendarLine(mime: Mime): string {
  const part = mime.attachments.find((one) => calendarMethod(one) !== '');
  if (!part) return '';
  const method = calendarMethod(part);
  const all = propertiesOf(part);
  // The zones of a calendar have times of their own.
  const event = all.slice(
    Math.max(
      all.findIndex(({ name, value }) => name === 'BEGIN' && /^V(?:EVENT|TODO|JOURNAL)$/i.test(value)),
      0,
    ),
  );
  const property = (name: string): Property | undefined => event.find((one) => one.name === name);
  const text = (name: string): string => sanitizeLine(unescaped(property(name)?.value ?? ''), 200);
  const time = (name: string): string => {
    const found = property(name);
    const zone = found?.parameters.get('TZID') ?? '';
    return [sanitizeLine(found?.value ?? '', 40), zone === '' ? '' : `(${sanitizeLine(zone, 60)})`]
      .filter(Boolean)
      .join(' ');
  };
  const status = sanitizeLine(property('ATTENDEE')?.parameters.get('PARTSTAT') ?? '', 30).toUpperCase();
  const title =
    method === 'REPLY'
      ? `answer to an invitation: ${status || method}`
      : method === 'COUNTER'
        ? `answer to an invitation: another time is proposed${status === '' ? '' : `, ${status}`}`
        : (TITLES[method] ?? `a calendar: ${sanitizeLine(method, 30)}`);
  const facts = [title, text('SUMMARY'), time('DTSTART'), text('LOCATION'), text('COMMENT')];
  return `[${facts.filter((fact) => fact !== '').join(', ')}]`;
}
