import { isAddress } from '../headers.ts';
import { oneLine } from '../sanitize.ts';
import type { IncomingMessage } from '../../domain/incoming-message.ts';
import type { Mime } from '../mime.ts';

export type Failure = IncomingMessage['failures'][number];

/** What a report says of its recipients: `failures` is what did not arrive, for good or so far; undefined when there is no such report in it. */
export interface DeliveryReport {
  readonly failures: readonly Failure[];
}

const MAX_REPORT = 200_000;
const MAX_FIELD = 2_000;
const MAX_RECIPIENTS = 200;

/** RFC 3464, and RFC 6533 for addresses beyond ASCII. */
export function deliveryReport(mime: Mime): DeliveryReport | undefined {
  const part = mime.attachments.find(
    ({ type }) => type === 'message/delivery-status' || type === 'message/global-delivery-status',
  );
  if (!part) return undefined;
  const groups = fieldGroups(Buffer.from(part.content).toString('utf8', 0, MAX_REPORT)).filter(
    (group) => group.has('final-recipient') || group.has('original-recipient'),
  );
  if (groups.length === 0) return undefined;
  const failures = new Map<string, Failure>();
  for (const group of groups.slice(0, MAX_RECIPIENTS)) {
    const action = /^[a-z]+/.exec((group.get('action') ?? '').toLowerCase())?.[0] ?? '';
    const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(group.get('status') ?? '')?.[0] ?? '';
    // Who says `failed` has given up, also after a passing fault (4.4.7: it took too long).
    const permanent = action === 'failed' || (action === '' && status.startsWith('5'));
    if (!permanent && action !== 'delayed' && !(action === '' && status.startsWith('4'))) continue;
    // The one that we wrote to, where it is known: the final one may be where mail for it is forwarded to.
    const recipient =
      [address(group.get('original-recipient')), address(group.get('final-recipient'))].find((one) => one !== '') ?? '';
    if (recipient === '' || failures.get(recipient.toLowerCase())?.permanent) continue;
    const reason = oneLine((group.get('diagnostic-code') ?? '').replace(/^\s*[a-z-]+\s*;/i, ''), 500);
    failures.set(recipient.toLowerCase(), { recipient, permanent, status, reason });
  }
  return { failures: [...failures.values()] };
}

/** `rfc822; sarah@example.com` */
function address(field = ''): string {
  const text = field
    .slice(field.indexOf(';') + 1)
    .replace(/\([^)]*\)/g, '')
    .trim()
    .replace(/^<(.*)>$/, '$1');
  return isAddress(text) ? text : '';
}

/** Blocks of header fields, divided by blank lines. The first of a field counts. */
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
