import { addressParser, decodeWords } from 'postal-mime';
import type { Mime } from './parts/mime.ts';
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

const bareAddresses = (value: string): string[] => mailboxesIn(value).map(({ address }) => address);

interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/**
 * The mailboxes in a header's value, as servers and programs really write them: with a comma in a name that is not
 * quoted, with blanks around the `@`, with a dot at the end of the domain. What only appears when encoded words are
 * decoded (RFC 2047) is no address: it is in no server's view of the message.
 */
function mailboxesIn(value: string): Mailbox[] {
  const raw = value
    .slice(0, MAX_VALUE)
    .split('@')
    .map((part) => part.trim())
    .join('@');
  let open = '';
  const found = addressParser(raw, { flatten: true }).flatMap(({ name, address = '' }) => {
    const bare = address.replace(/\s+/g, '').replace(/\.+$/, '');
    if (!isAddress(bare) || !raw.toLowerCase().includes(bare.toLowerCase())) {
      // The first half of `Miller, Sarah <sarah@example.com>`.
      if (address === '' && name !== '' && open.length < 200) open += `${name}, `;
      return [];
    }
    const whole = { name: `${open}${name}`, address: bare };
    open = '';
    return [whole];
  });
  if (found.length > 0) return found;
  // A quotation mark without its end, or a `mailto:`.
  const [, address] = /<(?:mailto:)?([^<>\s]{1,320})>[^<>]{0,100}$/i.exec(raw.slice(0, 2_000)) ?? [];
  return address !== undefined && isAddress(address) ? [{ name: '', address }] : [];
}

/** The first mailbox of the first From header (RFC 5322 section 3.6.2); a part that cannot be read is ''. */
export function senderOf(mime: Headers): Mailbox {
  const value = header(mime, 'from').slice(0, 2_000);
  const first = mailboxesIn(value).at(0);
  const name = first?.name ?? addressParser(value, { flatten: true }).at(0)?.name ?? '';
  return { name: sanitizeLine(name, 200), address: first?.address ?? '' };
}

/**
 * The person behind a message whose From a mailing list has replaced by its own address, because the domain of the person
 * asks receivers to refuse what others send under it (DMARC): `Sarah via Team <team@lists.example.com>`. undefined if From
 * is the sender's own.
 */
export function authorBehindList(mime: Headers, from: Mailbox): Mailbox | undefined {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1).toLowerCase();
  const isOfList = ['list-post', 'list-id', 'list-unsubscribe'].some((name) =>
    header(mime, name).toLowerCase().includes(domain),
  );
  if (domain === '' || !isOfList) return undefined;
  const isReplaced = / (?:via|über|por|tramite) /i.test(` ${from.name} `) || hasHeader(mime, 'x-original-from');
  if (!isReplaced) return undefined;
  const [author] = [...mailboxesIn(header(mime, 'x-original-from')), ...mailboxesIn(header(mime, 'reply-to'))].filter(
    ({ address }) => address.toLowerCase() !== from.address.toLowerCase(),
  );
  return author && { name: sanitizeLine(author.name || from.name, 200), address: author.address };
}

/** The subject, with encoded words (RFC 2047) decoded. */
export const subjectOf = (mime: Headers): string =>
  sanitizeLine(decodeWords(header(mime, 'subject').slice(0, 10_000)), 500);

/** The last `MAX_MESSAGE_IDS` Message-IDs in a header's value, in its order. */
export const messageIds = (value: string): string[] =>
  value
    .slice(0, MAX_VALUE)
    // A long one may be folded within its brackets.
    .replace(/<[^<>]{1,1100}>/g, (one) => one.replace(/\s+/g, ''))
    .match(MESSAGE_ID)
    ?.slice(-MAX_MESSAGE_IDS) ?? [];

/** The distinct Message-IDs of In-Reply-To, then those of References from the newest (RFC 5322 section 3.6.4). */
export const referencesOf = (mime: Headers): string[] => [
  ...new Set([...messageIds(header(mime, 'in-reply-to')), ...messageIds(header(mime, 'references')).reverse()]),
];
