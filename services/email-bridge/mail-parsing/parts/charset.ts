import { isUtf8 } from 'node:buffer';
import { decodeHz, decodeIso2022Kr, decodeUtf7 } from './charset-escapes.ts';
import { guessCharset } from './guess-charset.ts';

export interface DecodedText {
  readonly text: string;
  /** Why the text may be wrong; '' if it was decoded as its sender declared it, or in the only way that fits. */
  readonly doubt: string;
}

export interface CharsetHints {
  /** The `charset` of Content-Type; '' or undefined if there is none. */
  readonly declared?: string | undefined;
  /** HTML may name its charset itself. */
  readonly isHtml?: boolean;
  /** Charsets that other parts of the message declare. */
  readonly elsewhere?: readonly string[];
}

/**
 * Decodes text as its reader would. The order, in which the first that fits decides: a byte order mark; the declared
 * charset, unless the bytes contradict it; UTF-8, whose multi-byte sequences are in no other charset by chance; what the
 * HTML says; what other parts say; what the bytes look like.
 *
 * chardet was tried for the last: it takes short Shift_JIS, GBK and EUC-KR for Western texts, so that most answers of
 * one line would be wrong.
 */
export function decodeBytes(
  bytes: Uint8Array,
  { declared = '', isHtml = false, elsewhere = [] }: CharsetHints = {},
): DecodedText {
  const mark = byteOrderMark(bytes);
  if (mark) return sure(decodeAs(bytes, mark));
  const label = normalized(declared);
  const known = label === '' ? '' : decoderName(label);
  const ascii = isAscii(bytes);
  if (known !== '' && (ascii || !isContradicted(bytes, known))) return sure(decodeAs(bytes, known));
  if (ascii) return sure(decodeAs(bytes, escapesOf(bytes)));
  const wrong = known === '' ? '' : 'the bytes are not in the charset that the message declares';
  if (isUtf8(bytes)) return { text: decodeAs(bytes, 'utf-8'), doubt: wrong };
  const inHtml = isHtml ? decoderName(normalized(charsetInHtml(bytes))) : '';
  if (inHtml !== '' && inHtml !== 'utf-8') return sure(decodeAs(bytes, inHtml));
  const other = elsewhere
    .map((one) => decoderName(normalized(one)))
    .find((one) => one !== '' && one !== 'utf-8' && fits(bytes, one));
  if (other !== undefined)
    return { text: decodeAs(bytes, other), doubt: wrong || 'the charset is that of another part' };
  return { text: decodeAs(bytes, guessCharset(bytes)), doubt: wrong || 'the charset is not declared, and was guessed' };
}

const sure = (text: string): DecodedText => ({ text, doubt: '' });

/** Labels that say nothing, as programs write them that do not know better. */
const NO_CHARSET =
  /^(?:default|unknown(?:-8bit)?|x-unknown|x-user-defined|none|null|binary|8-?bit|7-?bit|(?:us-?)?ascii|ansi(?:_x3\.4-1968)?|iso-?646-us)$/;

/** Without quotes, blanks and what is put behind the name: `"UTF-8//TRANSLIT"`. '' if the label says nothing. */
function normalized(label: string): string {
  const name = (label.toLowerCase().split(/\/\/|[;,]/, 1)[0] ?? '').replace(/["'\s]/g, '').slice(0, 40);
  return NO_CHARSET.test(name) ? '' : name;
}

/** Names that are not in the WHATWG's list of labels. */
const OTHER_NAMES: Record<string, string> = {
  'utf-7': 'utf-7',
  utf7: 'utf-7',
  'unicode-1-1-utf-7': 'utf-7',
  'hz-gb-2312': 'hz',
  hz: 'hz',
  'iso-2022-kr': 'iso-2022-kr',
  csiso2022kr: 'iso-2022-kr',
  'utf-16': 'utf-16',
  utf16: 'utf-16',
  utf8mb4: 'utf-8',
  cp65001: 'utf-8',
  cp932: 'shift_jis',
  'windows-932': 'shift_jis',
  cp936: 'gbk',
  'windows-936': 'gbk',
  cp949: 'euc-kr',
  'windows-949': 'euc-kr',
  cp950: 'big5',
  'windows-950': 'big5',
  'iso-8859-8-e': 'iso-8859-8',
  cp874: 'windows-874',
  cp850: 'windows-1252',
  'iso-10646-ucs-2': 'utf-16',
};

/** The name by which `decodeAs` knows the charset; '' for one that nobody knows. */
function decoderName(label: string): string {
  if (label === '') return '';
  const other = OTHER_NAMES[label];
  if (other !== undefined) return other;
  const spelt = label
    .replace(/^(?:x-)?cp-?(125\d)$/, 'windows-$1')
    .replace(/^(?:win|windows)-?(125\d|874)$/, 'windows-$1')
    .replace(/^iso[-_]?8859[-_](\d{1,2})(?:-[a-z].*)?$/, 'iso-8859-$1')
    .replace(/^latin-(\d)$/, 'latin$1');
  try {
    return new TextDecoder(spelt).encoding;
  } catch {
    return '';
  }
}

function decodeAs(bytes: Uint8Array, name: string): string {
  switch (name) {
    case 'utf-7':
      return decodeUtf7(bytes);
    case 'hz':
      return decodeHz(bytes);
    case 'iso-2022-kr':
      return decodeIso2022Kr(bytes);
    case 'utf-16':
      return new TextDecoder(zerosComeFirst(bytes) ? 'utf-16be' : 'utf-16le').decode(bytes);
    default:
      return new TextDecoder(name).decode(bytes);
  }
}

function byteOrderMark(bytes: Uint8Array): string {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return bytes.length % 2 === 0 ? 'utf-16le' : '';
  return a === 0xfe && b === 0xff && bytes.length % 2 === 0 ? 'utf-16be' : '';
}

/** UTF-16 of European text: each second byte is zero, in big-endian order the first of two. */
function zerosComeFirst(bytes: Uint8Array): boolean {
  let [first, second] = [0, 0];
  for (let at = 0; at + 1 < Math.min(bytes.length, 2_000); at += 2) {
    if (bytes[at] === 0) first += 1;
    if (bytes[at + 1] === 0) second += 1;
  }
  return first > second;
}

const isAscii = (bytes: Uint8Array): boolean => !bytes.some((byte) => byte > 0x7f);

/** The charset of 7 bits whose escapes are in the text. */
function escapesOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4_000)).toString('latin1');
  if (start.includes('\u001b$)C')) return 'iso-2022-kr';
  if (start.includes('\u001b$B') || start.includes('\u001b$@')) return 'iso-2022-jp';
  return /~\{(?:[!-w][!-~]){1,500}~\}/.test(start) ? 'hz' : 'utf-8';
}

const SINGLE_BYTE = /^(?:iso-8859-|windows-125|macintosh|koi8|ibm866|x-mac)/;

/** The bytes are no text of that charset: broken UTF-8, or whole UTF-8 under the name of another. */
function isContradicted(bytes: Uint8Array, name: string): boolean {
  if (name === 'utf-8') return !isUtf8(bytes) && !isMostlyUtf8(bytes);
  return SINGLE_BYTE.test(name) && isUtf8(bytes);
}

/** A character that was cut, or a stray byte, makes no other charset. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes.subarray(0, 100_000));
  const broken = text.split('\ufffd').length - 1;
  // oxlint-disable-next-line no-control-regex -- ASCII
  const whole = text.replace(/[\u0000-\u007f\ufffd]/g, '').length;
  return whole > broken;
}

function fits(bytes: Uint8Array, name: string): boolean {
  try {
    return !decodeAs(bytes.subarray(0, 100_000), name).slice(0, -1).includes('\ufffd');
  } catch {
    return false;
  }
}

const charsetInHtml = (bytes: Uint8Array): string =>
  /<meta\b[^>]{0,300}?\bcharset\s*=\s*["']?\s*([\w.:-]{2,40})/i.exec(
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4_000)).toString('latin1'),
  )?.[1] ?? '';
