import { addressParser, decodeWords } from 'postal-mime';
import type { Mime } from './mime.ts';
import { sanitizeLine } from './sanitize.ts';

/** Limits of one header field; whatever lies beyond them is ignored. */
const MAX_VALUE = 32_000;
const MAX_ADDRESSES = 500;
const MAX_MESSAGE_IDS = 100;

// RFC 5322 msg-id as in shared/contracts/email: without white space and control characters.
// oxlint-disable-next-line no-control-regex -- control characters are what it excludes
const MESSAGE_ID = /<[^\s<>\u0000-\u001f\u007f]{1,996}>/g;
// oxlint-disable-next-line no-control-regex -- the same characters as in an address of the contracts
const ADDRESS = /^[^\s@<>()[\]\\,;:"\u0000-\u001f\u007f]{1,64}@[^\s@<>()[\]\\,;:"\u0000-\u001f\u007f]{1,253}$/;

type Headers = Pick<Mime, 'headers'>;

export const isAddress = (text: string): boolean => ADDRESS.test(text);

/**
 * The value of the first header of that name, which is the one that counts: a server adds its own on top. '' if there
 * is none.
 */
export const header = ({ headers }: Headers, name: string): string =>
  headers.find(({ key }) => key === name)?.value.slice(0, MAX_VALUE) ?? '';

export const hasHeader = ({ headers }: Headers, name: string): boolean => headers.some(({ key }) => key === name);

/** The bare addresses in all headers of these names, in the order of the names. */
export function addressesOf(mime: Headers, names: readonly string[]): string[] {
  return names
    .flatMap((name) =>
      mime.headers
        .filter(({ key }) => key === name)
        .slice(0, 20)
        .flatMap(({ value }) => bareAddresses(value)),
    )
    .slice(0, MAX_ADDRESSES);
}

const bareAddresses = (value: string): string[] =>
  addressParser(value.slice(0, MAX_VALUE), { flatten: true }).flatMap(({ address = '' }) =>
    isAddress(address) ? [address] : [],
  );

/** The first mailbox of the first From header (RFC 5322 section 3.6.2); a part that cannot be read is ''. */
export function senderOf(mime: Headers): { name: string; address: string } {
  const first = addressParser(header(mime, 'from').slice(0, 2_000), { flatten: true }).at(0);
  const address = first?.address ?? '';
  return { name: sanitizeLine(first?.name ?? '', 200), address: isAddress(address) ? address : '' };
}

/** The subject, with encoded words (RFC 2047) decoded. */
export const subjectOf = (mime: Headers): string =>
  sanitizeLine(decodeWords(header(mime, 'subject').slice(0, 10_000)), 500);

/** The last `MAX_MESSAGE_IDS` Message-IDs in a header's value, in its order. */
export const messageIds = (value: string): string[] =>
  value.slice(0, MAX_VALUE).match(MESSAGE_ID)?.slice(-MAX_MESSAGE_IDS) ?? [];

/** The distinct Message-IDs of In-Reply-To, then those of References from the newest (RFC 5322 section 3.6.4). */
export const referencesOf = (mime: Headers): string[] => [
  ...new Set([...messageIds(header(mime, 'in-reply-to')), ...messageIds(header(mime, 'references')).reverse()]),
];
