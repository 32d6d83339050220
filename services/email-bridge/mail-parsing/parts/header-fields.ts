import { decodeBytes } from './charset.ts';

/** The header fields of a message or of one of its parts (RFC 5322 section 2.2), and their parameters (RFC 2045). */
export interface HeaderField {
  /** In lower case. */
  readonly key: string;
  /** Unfolded, and otherwise as received. */
  readonly value: string;
}

/** Bytes of the header fields of one message or part; whatever lies beyond them is ignored. */
const MAX_BYTES = 256 * 1024;
const MAX_FIELDS = 5_000;

// RFC 5322 section 3.6.8: printable ASCII without the colon.
const FIELD_START = /^([!-9;-~]{1,200})[ \t]*:/;

export interface HeaderBlock {
  readonly fields: readonly HeaderField[];
  /** The index of the first byte of the body. */
  readonly bodyAt: number;
}

/**
 * Reads the fields at the beginning of `bytes`. They end at a blank line, or at a line that is none: some programs leave
 * out the blank line.
 */
export function readHeaderBlock(bytes: Buffer, from: number, end: number): HeaderBlock {
  const lines: string[] = [];
  let at = from;
  const limit = Math.min(end, from + MAX_BYTES);
  while (at < limit && lines.length < MAX_FIELDS) {
    const newline = bytes.indexOf(0x0a, at);
    const next = newline === -1 || newline >= end ? end : newline + 1;
    const line = lineAt(bytes, at, Math.min(next, limit));
    if (line === '') return { fields: fieldsOf(lines), bodyAt: next };
    const isContinued = /^[ \t]/.test(line) && lines.length > 0;
    if (isContinued) lines[lines.length - 1] += `\n${line}`;
    else if (FIELD_START.test(line)) lines.push(line);
    else return { fields: fieldsOf(lines), bodyAt: at };
    at = next;
  }
  return { fields: fieldsOf(lines), bodyAt: at >= end ? end : bodyBehind(bytes, at, end) };
}

/** Behind the next blank line. */
function bodyBehind(bytes: Buffer, at: number, end: number): number {
  const [lf, crlf] = [bytes.indexOf('\n\n', at - 1), bytes.indexOf('\r\n\r\n', at - 1)];
  const ends = [lf === -1 ? end : lf + 2, crlf === -1 ? end : crlf + 4];
  return Math.min(...ends, end);
}

/** In UTF-8 (RFC 6532) where it is that, else in the charset that the bytes look like. */
function lineAt(bytes: Buffer, from: number, to: number): string {
  let until = to;
  while (until > from && (bytes[until - 1] === 0x0a || bytes[until - 1] === 0x0d)) until -= 1;
  const line = bytes.toString('latin1', from, until);
  // oxlint-disable-next-line no-control-regex -- ASCII
  return /^[\u0000-\u007f]*$/.test(line) ? line : decodeBytes(bytes.subarray(from, until)).text;
}

const fieldsOf = (lines: readonly string[]): HeaderField[] =>
  lines.map((line) => {
    const colon = line.indexOf(':');
    const value = line
      .slice(colon + 1)
      .replace(/[\r\n]+/g, '')
      .trim();
    return { key: line.slice(0, colon).trim().toLowerCase(), value };
  });

export interface Parameterized {
  /** In lower case, without comments. */
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_PARAMETERS = 50;

/**
 * A value with parameters, as of Content-Type: `text/plain; charset="utf-8"`. Parameters in pieces and in percent
 * encoding (RFC 2231) are put together. Of a parameter that is named twice, the first counts.
 */
export function parseParameters(text: string): Parameterized {
  const [head = '', ...rest] = splitOutsideQuotes(text.slice(0, 8_000));
  const plain = new Map<string, string>();
  const pieces = new Map<string, string[]>();
  for (const part of rest.slice(0, MAX_PARAMETERS)) {
    const equals = part.indexOf('=');
    if (equals < 1) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    const value = part.slice(equals + 1).trim();
    const piece = /^([^*]+)\*(?:(\d{1,2})\*?|)$/.exec(name);
    if (piece?.[1] === undefined) {
      if (!plain.has(name)) plain.set(name, value);
    } else {
      const list = pieces.get(piece[1]) ?? [];
      list[Math.min(Number(piece[2] ?? 0), MAX_PARAMETERS)] = name.endsWith('*') ? percentDecoded(value) : value;
      pieces.set(piece[1], list);
    }
  }
  for (const [name, list] of pieces) if (!plain.has(name)) plain.set(name, list.join(''));
  return { value: head.trim().toLowerCase(), parameters: plain };
}

/** `utf-8'en'%e2%82%ac` */
function percentDecoded(text: string): string {
  const [, charset = 'utf-8', encoded = text] = /^([\w.:-]{0,40})'[\w-]{0,20}'(.*)$/s.exec(text) ?? [];
  const bytes = Buffer.from(
    encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return decodeBytes(bytes, { declared: charset }).text;
}

/** The parts between semicolons, without quotes and without comments (RFC 5322 section 3.2.2), which nest. */
function splitOutsideQuotes(text: string): string[] {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === '\\' && (quoted || depth > 0) && at + 1 < text.length) {
      at += 1;
      if (depth === 0) parts[parts.length - 1] += text[at] as string;
    } else if (character === '"' && depth === 0) quoted = !quoted;
    else if (character === '(' && !quoted) depth += 1;
    else if (character === ')' && depth > 0) depth -= 1;
    else if (depth > 0) continue;
    else if (character === ';' && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
