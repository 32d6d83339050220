import { addressKey, MAX_RECIPIENTS, parseAddress } from '@missions/contracts/email/address.ts';
import type { RequestedMail } from '@missions/contracts/email/email.ts';
import type { Email, Recipient, StoredReply } from './state.ts';

/** The recipients of a new e-mail: each mailbox once, the expected ones first. */
export function recipientsOf({
  to,
  cc,
  bcc,
  expected_recipients,
}: Pick<RequestedMail, 'to' | 'cc' | 'bcc' | 'expected_recipients'>): Recipient[] {
  const byKey = new Map<string, Recipient>();
  const add = (text: string, expected: boolean): void => {
    const { address } = parseAddress(text);
    const key = addressKey(address);
    if (!byKey.has(key)) byKey.set(key, { address, expected, outcome: 'pending', reply_id: null });
  };
  for (const text of expected_recipients) add(text, true);
  for (const text of [...to, ...cc, ...bcc]) add(text, false);
  return [...byKey.values()];
}

/**
 * The bare addresses of the SMTP envelope. An expected recipient who is in none of the three lists does not get the
 * e-mail.
 */
export function envelopeOf({ to, cc, bcc }: Pick<Email, 'to' | 'cc' | 'bcc'>): string[] {
  const byKey = new Map([...to, ...cc, ...bcc].map((text) => [addressKey(text), parseAddress(text).address]));
  return [...byKey.values()];
}

/**
 * The recipient whose address this is. People reply from the address that their mail program is set to: the same
 * address in another case, or with another `+tag`, or none. The tag is disregarded only if one recipient is left then:
 * `ann+a@` and `ann+b@` may be two persons.
 */
export function recipientBehind(recipients: readonly Recipient[], address: string): Recipient | undefined {
  if (address === '') return undefined;
  const key = comparable(address);
  const exact = recipients.find((recipient) => comparable(recipient.address) === key);
  if (exact) return exact;
  const similar = recipients.filter((recipient) => withoutTag(comparable(recipient.address)) === withoutTag(key));
  return similar.length === 1 ? similar[0] : undefined;
}

/**
 * Lower case, and the domain as mail servers write it: `bücher.example` goes out, and comes back, as
 * `xn--bcher-kva.example` (RFC 5891).
 */
function comparable(address: string): string {
  const key = addressKey(address.trim());
  const at = key.lastIndexOf('@');
  const host = `http://${key.slice(at + 1)}`;
  if (at < 1 || !URL.canParse(host)) return key;
  const { hostname } = new URL(host);
  return `${key.slice(0, at)}@${SAME_MAILBOXES[hostname] ?? hostname}`;
}

/** Domains of one provider under which every mailbox is the same one. */
const SAME_MAILBOXES: Record<string, string> = { 'googlemail.com': 'gmail.com' };

const withoutTag = (key: string): string => key.replace(/\+[^@]*(?=@)/, '');

/** The expected recipients by outcome; each is in one of the lists. */
export const progressOf = ({ recipients }: Pick<Email, 'recipients'>) => ({
  pending_from: addressesOf(recipients, 'pending'),
  received_from: addressesOf(recipients, 'answered'),
  bounced: addressesOf(recipients, 'bounced'),
});

const addressesOf = (recipients: readonly Recipient[], outcome: Recipient['outcome']): string[] =>
  recipients.filter((recipient) => recipient.expected && recipient.outcome === outcome).map(({ address }) => address);

/** Enough for the first reply of every recipient. A mission stores all of them in the result of its task. */
const MAX_REPLIES_IN_RESULT = MAX_RECIPIENTS;

/**
 * The ids of the replies that `email.all_replied` contains: those of expected recipients. If there are too many, each
 * recipient's first reply and the latest of the others.
 * @param replies of kind `reply`, the oldest first
 */
export function repliesOfExpected(
  { recipients }: Pick<Email, 'recipients'>,
  replies: readonly Pick<StoredReply, 'id' | 'recipient' | 'from_address'>[],
): string[] {
  const ids = replies
    .filter(({ recipient, from_address }) => recipientBehind(recipients, recipient ?? from_address)?.expected)
    .map(({ id }) => id);
  if (ids.length <= MAX_REPLIES_IN_RESULT) return ids;
  const first = new Set(recipients.map(({ reply_id }) => reply_id));
  const others = ids.filter((id) => !first.has(id));
  const leftOut = new Set(others.slice(0, ids.length - MAX_REPLIES_IN_RESULT));
  return ids.filter((id) => !leftOut.has(id));
}
