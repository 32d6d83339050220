import { Type } from 'typebox';

/**
 * An address as a caller writes it: `sarah@example.com` or `Sarah Miller <sarah@example.com>` (RFC 5322 section 3.4 without comments, groups and
 * quoted local parts, which no mailbox of today needs and header injection loves). No control character, so no line break, gets through.
 */
const CHARACTER = String.raw`[^\s@<>()\[\]\\,;:"\u0000-\u001f\u007f]`;
const ADDRESS = `${CHARACTER}{1,64}@${CHARACTER}{1,253}`;
const NAME = String.raw`[^<>@,;"\\\u0000-\u001f\u007f]{0,200}`;

export const Address = Type.String({ maxLength: 520, pattern: `^(?:${ADDRESS}|${NAME} <${ADDRESS}>)$`, description: 'sarah@example.com, or Sarah Miller <sarah@example.com>' });
/** Without a name. */
export const BareAddress = Type.String({ maxLength: 320, pattern: `^${ADDRESS}$`, description: 'sarah@example.com' });

export const MAX_RECIPIENTS = 100;

/** RFC 5322 `msg-id`, with its angle brackets. */
export const MessageId = Type.String({ maxLength: 998, pattern: String.raw`^<[^\s<>\u0000-\u001f\u007f]+>$`, description: '<unique@example.com>' });

/** One line: what stands in a header. */
export const HeaderText = Type.String({ maxLength: 500, pattern: String.raw`^[^\u0000-\u001f\u007f\u0085\u2028\u2029]*$`, description: 'one line' });

export interface ParsedAddress {
  readonly name: string;
  readonly address: string;
}

/** Takes apart what `Address` has let through. */
export function parseAddress(text: string): ParsedAddress {
  const bracket = text.lastIndexOf('<');
  return bracket === -1 ? { name: '', address: text } : { name: text.slice(0, bracket).trim(), address: text.slice(bracket + 1, -1) };
}

/** By what addresses are compared: people and servers write the same one in any case. */
export const addressKey = (address: string): string => parseAddress(address).address.toLowerCase();
