import { addressKey, parseAddress } from '@missions/contracts/email/address.ts';
import type { RequestedMail } from '@missions/contracts/email/email.ts';
import type { Recipient } from './state.ts';

/** Who the mail goes to: each mailbox once, the expected first. */
export function recipientsOf({
  to,
  cc,
  bcc,
  expected_recipients,
}: Pick<RequestedMail, 'to' | 'cc' | 'bcc' | 'expected_recipients'>): Recipient[] {
  const everybody = new Map<string, Recipient>();
  const add =
    (expected: boolean) =>
    (text: string): void => {
      const address = parseAddress(text).address;
      if (!everybody.has(addressKey(address)))
        everybody.set(addressKey(address), { address, expected, outcome: 'pending', reply_id: null });
    };
  expected_recipients.forEach(add(true));
  [...to, ...cc, ...bcc].forEach(add(false));
  return [...everybody.values()];
}

/** Everybody the server is to be told, as bare addresses. An expected recipient who is in none of the lists would have to be guessed at, and is not. */
export function envelopeOf({ to, cc, bcc }: Pick<RequestedMail, 'to' | 'cc' | 'bcc'>): string[] {
  const everybody = new Map([...to, ...cc, ...bcc].map((text) => [addressKey(text), parseAddress(text).address]));
  return [...everybody.values()];
}

/**
 * Whose address this is. People answer from what their program has set: the same address in another case, or without the `+tag` that it was
 * written to with (or with one). A tag is looked past only where that leaves exactly one: `ann+a@` and `ann+b@` may be two persons.
 */
export function recipientBehind(recipients: readonly Recipient[], address: string): Recipient | undefined {
  if (address === '') return undefined;
  const key = comparable(address);
  const exact = recipients.find((it) => comparable(it.address) === key);
  if (exact) return exact;
  const near = recipients.filter((it) => withoutTag(comparable(it.address)) === withoutTag(key));
  return near.length === 1 ? near[0] : undefined;
}

/** Lower case, the domain as the mail servers write it: `bücher.example` goes out, and comes back, as `xn--bcher-kva.example` (RFC 5891). */
function comparable(address: string): string {
  const key = addressKey(address.trim());
  const at = key.lastIndexOf('@');
  const host = `http://${key.slice(at + 1)}`;
  return at > 0 && URL.canParse(host) ? `${key.slice(0, at)}@${new URL(host).hostname}` : key;
}

const withoutTag = (key: string): string => key.replace(/\+[^@]*(?=@)/, '');

const addressesOf = (recipients: readonly Recipient[], outcome: Recipient['outcome']): string[] =>
  recipients.filter((it) => it.expected && it.outcome === outcome).map((it) => it.address);

/** Each expected recipient is in one of them. */
export const progressOf = ({ recipients }: { readonly recipients: readonly Recipient[] }) => ({
  pending_from: addressesOf(recipients, 'pending'),
  received_from: addressesOf(recipients, 'answered'),
  bounced: addressesOf(recipients, 'bounced'),
});

export const changed = (recipients: readonly Recipient[], one: Recipient, change: Partial<Recipient>): Recipient[] =>
  recipients.map((it) => (it === one ? { ...it, ...change } : it));
