import { Type } from 'typebox';

/** What a reader does not see, or that turns what he sees around: controls, line separators, zero-width and bidirectional characters. */
const UNSEEN = String.raw`\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff`;
/** Of an atom (RFC 5322 section 3.2.3, RFC 6531): letters of every language. */
const ATOM = String.raw`[^\s@<>()\[\]\\,;:".${UNSEEN}]`;
const LABEL = `${ATOM.replace('[^', '[^-')}+`;

/**
 * An address as a caller writes it: `sarah@example.com` or `Sarah Miller <sarah@example.com>` (RFC 5322 section 3.4 without comments, groups and
 * quoted local parts, which no mailbox of today needs and header injection loves). No dot stands at an end or beside another, no hyphen at the
 * end of a label. Each repetition begins with what the one before cannot hold, so that a refusal takes no longer than a reading.
 */
const LOCAL = `(?=[^@]{1,64}@)${ATOM}+(?:\\.${ATOM}+)*`;
const DOMAIN = `(?=[^@]{1,254}$)${LABEL}(?:-+${LABEL})*(?:\\.${LABEL}(?:-+${LABEL})*)*`;
const ADDRESS = `${LOCAL}@${DOMAIN}`;
/** Joiners belong to how Persian, Hindi and others are written, and to emoji. */
const NAME = `[^<>@,;"\\\\${UNSEEN.replace('\\u200b-\\u200f', '\\u200b\\u200e\\u200f')}]{0,200}`;

export const Address = Type.String({
  maxLength: 520,
  pattern: `^(?:${ADDRESS}|${NAME} <${ADDRESS}>)$`,
  description: 'sarah@example.com, or Sarah Miller <sarah@example.com>',
});
/** Without a name. */
export const BareAddress = Type.String({ maxLength: 320, pattern: `^${ADDRESS}$`, description: 'sarah@example.com' });

export const MAX_RECIPIENTS = 100;

/** RFC 5322 `msg-id`, with its angle brackets. */
export const MessageId = Type.String({
  maxLength: 998,
  pattern: String.raw`^<[^\s<>\u0000-\u001f\u007f]+>$`,
  description: '<unique@example.com>',
});

/** One line: what stands in a header. */
export const HeaderText = Type.String({
  maxLength: 500,
  pattern: String.raw`^[^\u0000-\u001f\u007f\u0085\u2028\u2029]*$`,
  description: 'text of one line',
});

export interface ParsedAddress {
  readonly name: string;
  readonly address: string;
}

/** Takes apart what `Address` has let through. */
export function parseAddress(text: string): ParsedAddress {
  const bracket = text.lastIndexOf('<');
  return bracket === -1
    ? { name: '', address: text }
    : { name: text.slice(0, bracket).trim(), address: text.slice(bracket + 1, -1) };
}

/** By what addresses are compared: people and servers write the same one in any case. */
export const addressKey = (address: string): string => parseAddress(address).address.toLowerCase();
