import { addressParser, decodeWords } from 'postal-mime';
import { oneLine } from './sanitize.ts';
import type { Mime } from './mime.ts';

/** Of one header; what a message says beyond that is left out. */
const MAX_VALUE = 32_000;
const MAX_ADDRESSES = 500;
const MAX_IDS = 100;

// oxlint-disable-next-line no-control-regex -- RFC 5322 msg-id as shared/contracts/email has it: no white space, no control character
const MESSAGE_ID = /<[^\s<>\u0000-\u001f\u007f]{1,996}>/g;
// oxlint-disable-next-line no-control-regex -- the same characters as in an address of ours
const ADDRESS = /^[^\s@<>()[\]\\,;:"\u0000-\u001f\u007f]{1,64}@[^\s@<>()[\]\\,;:"\u0000-\u001f\u007f]{1,253}$/;

export const isAddress = (text: string): boolean => ADDRESS.test(text);

/** Of the first header of that name, which is the one that counts: a server puts its own on top. '' when there is none. */
export const header = ({ headers }: Pick<Mime, 'headers'>, name: string): string =>
  headers.find(({ key }) => key === name)?.value.slice(0, MAX_VALUE) ?? '';

export const hasHeader = ({ headers }: Pick<Mime, 'headers'>, name: string): boolean =>
  headers.some(({ key }) => key === name);

/** Bare addresses of all headers of these names, in the order of the names. */
export function addressesOf(mime: Pick<Mime, 'headers'>, names: readonly string[]): string[] {
  return names
    .flatMap((name) =>
      mime.headers
        .filter(({ key }) => key === name)
        .slice(0, 20)
        .flatMap(({ value }) => addresses(value)),
    )
    .slice(0, MAX_ADDRESSES);
}

const addresses = (value: string): string[] =>
  addressParser(value.slice(0, MAX_VALUE), { flatten: true }).flatMap(({ address = '' }) =>
    isAddress(address) ? [address] : [],
  );

/** Who wrote it, as the first From says. */
export function sender(mime: Pick<Mime, 'headers'>): { name: string; address: string } {
  const first = addressParser(header(mime, 'from').slice(0, 2_000), { flatten: true }).at(0);
  const address = first?.address ?? '';
  return { name: oneLine(first?.name ?? '', 200), address: isAddress(address) ? address : '' };
}

export const subjectOf = (mime: Pick<Mime, 'headers'>): string =>
  oneLine(decodeWords(header(mime, 'subject').slice(0, 10_000)), 500);

export const messageIds = (value: string): string[] =>
  value.slice(0, MAX_VALUE).match(MESSAGE_ID)?.slice(-MAX_IDS) ?? [];

/** In-Reply-To, then References from the newest; distinct. */
export const referencesOf = (mime: Pick<Mime, 'headers'>): string[] => [
  ...new Set([...messageIds(header(mime, 'in-reply-to')), ...messageIds(header(mime, 'references')).reverse()]),
];
