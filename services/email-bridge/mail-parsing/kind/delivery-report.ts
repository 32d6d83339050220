import { isAddress } from '../headers.ts';
import type { IncomingMessage } from '../../domain/incoming-message.ts';
import type { Attachment, Mime } from '../parts/mime.ts';
import { sanitizeLine } from '../sanitize.ts';

/** A recipient whom a message did not reach: for good (`permanent`), or so far. */
export type DeliveryFailure = IncomingMessage['failures'][number];

const MAX_REPORT = 200_000;
const MAX_REPORTS = 5;
const MAX_FIELD = 2_000;
const MAX_LINES = 10_000;
const MAX_RECIPIENTS = 200;

/** What a delivery report says. */
export interface DeliveryReport {
  /** The recipients whom the message did not reach, as far as their addresses can be read. */
  readonly failures: readonly DeliveryFailure[];
  /** A failure whose recipient cannot be read. */
  readonly unnamed: boolean;
}

/**
 * Reads the delivery reports in a message (RFC 3464; RFC 6533 for addresses beyond ASCII).
 * @returns undefined if there is no such part, or no part names a recipient.
 */
export function reportedFailures(mime: Mime, isFromServer: boolean): DeliveryReport | undefined {
  const groups = mime.attachments
    .filter((one) => isReportPart(one, isFromServer))
    .slice(0, MAX_REPORTS)
    .flatMap(({ content }) => recipientGroups(Buffer.from(content).toString('utf8', 0, MAX_REPORT)));
  if (groups.length === 0) return undefined;
  const failures = new Map<string, DeliveryFailure>();
  let unnamed = false;
  for (const group of groups.slice(0, MAX_RECIPIENTS)) {
    const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(group.get('status') ?? '')?.[0] ?? '';
    const permanent = isPermanent(group, status);
    if (permanent === undefined) continue;
    const recipient = recipientOf(group);
    if (recipient === '') unnamed = true;
    if (recipient === '' || failures.get(recipient.toLowerCase())?.permanent) continue;
    const reason = sanitizeLine((group.get('diagnostic-code') ?? '').replace(/^\s*[a-z-]+\s*;/i, ''), 500);
    failures.set(recipient.toLowerCase(), { recipient, permanent, status, reason });
  }
  return { failures: [...failures.values()], unnamed };
}

/** Some servers attach their report as text. */
const isReportPart = ({ type, content }: Attachment, isFromServer: boolean): boolean =>
  type === 'message/delivery-status' ||
  type === 'message/global-delivery-status' ||
  (isFromServer &&
    /^(?:text\/|application\/octet-stream$)/.test(type) &&
    /^Final-Recipient[ \t]*:/im.test(Buffer.from(content).toString('latin1', 0, 20_000)));

type Group = ReadonlyMap<string, string>;

/**
 * RFC 3464 section 2.3.3: `failed` is final, also after a transient fault (4.4.7: the delivery time expired). Words that
 * the standard does not know, as `expired`, say that the server has given up. undefined if the message arrived.
 */
function isPermanent(group: Group, status: string): boolean | undefined {
  const action = /^[a-z]+/.exec((group.get('action') ?? '').toLowerCase())?.[0] ?? '';
  if (/^(?:delivered|relayed|expanded|deliverable|success)/.test(action)) return undefined;
  if (action.startsWith('delay')) return false;
  if (action !== '') return true;
  return status.startsWith('5') ? true : status.startsWith('4') ? false : undefined;
}

/**
 * The original recipient is the address that the bridge wrote to; the final one may be where its mail is forwarded, or
 * Exchange's name of a mailbox (`IMCEAEX-…`).
 */
function recipientOf(group: Group): string {
  const [original, final, actual] = ['original-recipient', 'final-recipient', 'x-actual-recipient'].map((name) =>
    addressIn(group.get(name)),
  );
  const decoded = fromXtext(original ?? '');
  if (isAddress(decoded)) return decoded;
  const isInternal = /^imcea/i.test(final ?? '') && (actual ?? '') !== '';
  return (isInternal ? actual : final || actual) ?? '';
}

/** RFC 3461 section 4: `+` and `=` are written as `+2B` and `+3D`. */
const fromXtext = (address: string): string =>
  address.replace(/\+(2B|3D)/g, (_, hex: string) => (hex === '2B' ? '+' : '='));

/** The address in a field such as `rfc822; sarah@example.com`; '' if it has none. */
function addressIn(field = ''): string {
  const text = field
    .slice(field.indexOf(';') + 1)
    .replace(/\([^()]*\)/g, '')
    .trim()
    .replace(/^<(.*)>$/, '$1')
    .replace(/^"(.*)"$/, '$1')
    .replace(/\.$/, '');
  return isAddress(text) ? text : '';
}

/**
 * The groups of fields that name a recipient. RFC 3464 section 2.1 divides groups by blank lines; some servers leave them
 * out, or put them within a group. So a group begins at a field that it has already, or, below a blank line, at the
 * first field of a recipient if the one above is whole.
 */
function recipientGroups(text: string): Group[] {
  const groups: Map<string, string>[] = [new Map()];
  let isBelowBlank = false;
  for (const line of text.replace(/\r?\n[ \t]+(?=\S)/g, ' ').split(/\r?\n/, MAX_LINES)) {
    if (line.trim() === '') {
      isBelowBlank = true;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1, colon + 1 + MAX_FIELD).trim();
    let group = groups.at(-1) as Map<string, string>;
    const isWhole = namesRecipient(group) && group.has('action');
    const isRepeated = group.has(name) && RECIPIENT_FIELDS.has(name);
    if (isRepeated || (isBelowBlank && (isWhole || !namesRecipient(group)))) groups.push((group = new Map()));
    isBelowBlank = false;
    if (!group.has(name)) group.set(name, value);
  }
  return groups.filter(namesRecipient);
}

const RECIPIENT_FIELDS = new Set(['final-recipient', 'original-recipient', 'action']);
const namesRecipient = (group: Group): boolean => group.has('final-recipient') || group.has('original-recipient');
