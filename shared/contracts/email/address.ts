import { Type } from 'typebox';

/**
 * Characters that are invisible or reorder the text around them: controls, line separators, zero-width and
 * bidirectional characters.
 */
const UNSEEN = String.raw`\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff`;
/** A character of an atom (RFC 5322 section 3.2.3, RFC 6531): letters of every language are allowed. */
const ATOM = String.raw`[^\s@<>()\[\]\\,;:".${UNSEEN}]`;
const LABEL = `${ATOM.replace('[^', '[^-')}+`;

/**
 * An address as a caller writes it: `sarah@example.com`, `<sarah@example.com>`, `Sarah Miller <sarah@example.com>` or
 * `"Miller, Sarah" <sarah@example.com>` (RFC 5322 section 3.4 without comments, groups and quoted local parts, which
 * mailboxes do not need today and which help header injection). A dot may not stand at an end or beside another dot,
 * and a hyphen not at the end of a label. Each repetition starts with a character that the previous one cannot contain,
 * so that the expression never backtracks over the text: refusing takes no longer than accepting.
 */
const LOCAL = `(?=[^@]{1,64}@)${ATOM}+(?:\\.${ATOM}+)*`;
const DOMAIN = `(?=[^@]{1,254}$)${LABEL}(?:-+${LABEL})*(?:\\.${LABEL}(?:-+${LABEL})*)*`;
const ADDRESS = `${LOCAL}@${DOMAIN}`;
/**
 * Zero-width joiners are allowed in names: Persian, Hindi and other languages are written with them, and emoji are
 * composed of them.
 */
const NAME = `[^<>@,;"\\\\${UNSEEN.replace('\\u200b-\\u200f', '\\u200b\\u200e\\u200f')}]{0,200}`;

/** A quoted name (RFC 5322 section 3.2.4) may hold the characters that would end one without quotation marks. */
const QUOTED = `"(?:[^"\\\\${UNSEEN.replace('\\u200b-\\u200f', '\\u200b\\u200e\\u200f')}]|\\\\[^${UNSEEN}]){0,200}"`;

export const Address = Type.String({
  maxLength: 520,
  pattern: `^(?:${ADDRESS}|(?:${NAME} |${QUOTED} ?)?<${ADDRESS}>)$`,
  description: 'sarah@example.com, or Sarah Miller <sarah@example.com>',
});
/** An address without a name. */
export const BareAddress = Type.String({ maxLength: 320, pattern: `^${ADDRESS}$`, description: 'sarah@example.com' });

export const MAX_RECIPIENTS = 100;

/** RFC 5322 `msg-id`, with its angle brackets. */
export const MessageId = Type.String({
  maxLength: 998,
  pattern: String.raw`^<[^\s<>\u0000-\u001f\u007f]+>$`,
  description: '<unique@example.com>',
});

/** The value of a header: text of one line. */
export const HeaderText = Type.String({
  maxLength: 500,
  pattern: String.raw`^[^\u0000-\u001f\u007f\u0085\u2028\u2029]*$`,
  description: 'text of one line',
});

export interface ParsedAddress {
  readonly name: string;
  readonly address: string;
}

/** Splits a text that matches `Address` into name and address. */
export function parseAddress(text: string): ParsedAddress {
  const bracket = text.lastIndexOf('<');
  if (bracket === -1) return { name: '', address: text };
  const name = text.slice(0, bracket).trim();
  return {
    name: name.startsWith('"') ? name.slice(1, -1).replaceAll(/\\(.)/gu, '$1').trim() : name,
    address: text.slice(bracket + 1, -1),
  };
}

/** The form in which addresses are compared: lower case, because the same address occurs in any case. */
export const addressKey = (address: string): string => parseAddress(address).address.toLowerCase();
