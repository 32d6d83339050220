import { isAddress } from '../headers.ts';
import { sanitizeLine } from '../sanitize.ts';
import type { IncomingMessage } from '../../domain/incoming-message.ts';
import type { Mime } from '../mime.ts';

/** A recipient whom a message did not reach: for good (`permanent`), or so far. */
export type DeliveryFailure = IncomingMessage['failures'][number];

const MAX_REPORT = 200_000;
const MAX_FIELD = 2_000;
const MAX_RECIPIENTS = 200;

/**
 * Reads the delivery report in a message (RFC 3464; RFC 6533 for addresses beyond ASCII).
 * @returns the failed recipients, none if all were reached; undefined if there is no such part, or the part names no
 * recipient.
 */
export function reportedFailures(mime: Mime): DeliveryFailure[] | undefined {
  const part = mime.attachments.find(
    ({ type }) => type === 'message/delivery-status' || type === 'message/global-delivery-status',
  );
  if (!part) return undefined;
  const groups = fieldGroups(Buffer.from(part.content).toString('utf8', 0, MAX_REPORT)).filter(
    (group) => group.has('final-recipient') || group.has('original-recipient'),
  );
  if (groups.length === 0) return undefined;
  const failures = new Map<string, DeliveryFailure>();
  for (const group of groups.slice(0, MAX_RECIPIENTS)) {
    const action = /^[a-z]+/.exec((group.get('action') ?? '').toLowerCase())?.[0] ?? '';
    const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(group.get('status') ?? '')?.[0] ?? '';
    // RFC 3464 section 2.3.3: `failed` is final, also after a transient fault (4.4.7: the delivery time expired).
    const permanent = action === 'failed' || (action === '' && status.startsWith('5'));
    if (!permanent && action !== 'delayed' && !(action === '' && status.startsWith('4'))) continue;
    // The original recipient is the address that the bridge wrote to; the final one may be where its mail is forwarded.
    const recipient =
      [addressIn(group.get('original-recipient')), addressIn(group.get('final-recipient'))].find((one) => one !== '') ??
      '';
    if (recipient === '' || failures.get(recipient.toLowerCase())?.permanent) continue;
    const reason = sanitizeLine((group.get('diagnostic-code') ?? '').replace(/^\s*[a-z-]+\s*;/i, ''), 500);
    failures.set(recipient.toLowerCase(), { recipient, permanent, status, reason });
  }
  return [...failures.values()];
}

/** The address in a field such as `rfc822; sarah@example.com`; '' if it has none. */
function addressIn(field = ''): string {
  const text = field
    .slice(field.indexOf(';') + 1)
    .replace(/\([^)]*\)/g, '')
    .trim()
    .replace(/^<(.*)>$/, '$1');
  return isAddress(text) ? text : '';
}

/** RFC 3464 section 2.1: groups of fields, divided by blank lines. Of fields with one name, the first counts. */
function fieldGroups(text: string): Map<string, string>[] {
  return text.split(/\r?\n[ \t]*\r?\n/).map((block) => {
    const fields = new Map<string, string>();
    for (const line of block.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).trim().toLowerCase();
      if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1, colon + 1 + MAX_FIELD).trim());
    }
    return fields;
  });
}
