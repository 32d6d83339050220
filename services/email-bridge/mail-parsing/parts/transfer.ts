import { isUtf8 } from 'node:buffer';

/** Content-Transfer-Encoding (RFC 2045 section 6), as programs spell it. */
export type TransferEncoding = 'base64' | 'quoted-printable' | 'uuencode' | 'none';

/** Without comments and punctuation: `Base-64 (MIME)` is meant to be `base64`. */
export function transferEncoding(value: string): TransferEncoding {
  const name = value
    .slice(0, 200)
    .replace(/\([^)]*\)/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  if (name === 'base64' || name === 'b64') return 'base64';
  if (name === 'quotedprintable' || name === 'qp') return 'quoted-printable';
  return /^x?uue(?:ncoded?)?$/.test(name) ? 'uuencode' : 'none';
}

/** @param limit of the bytes that are decoded */
export function decodeTransfer(bytes: Buffer, encoding: TransferEncoding, limit: number): Buffer {
  switch (encoding) {
    case 'base64':
      return decodeBase64(bytes.subarray(0, Math.ceil(limit * 1.4)));
    case 'quoted-printable':
      return decodeQuotedPrintable(bytes.subarray(0, limit));
    case 'uuencode':
      return decodeUuencode(bytes.subarray(0, limit));
    default:
      return bytes.subarray(0, limit);
  }
}

/** More ends of base64 than this are no pieces that a program put together. */
const MAX_PIECES = 1_000;

/** Some programs encode piece by piece, each with its `=` at the end. Text that is not base64 at all stays as it is. */
function decodeBase64(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const foreign = (text.slice(0, 20_000).match(/[^A-Za-z0-9+/=\s]/g) ?? []).length;
  if (foreign * 20 > Math.min(text.length, 20_000)) return decodeBeginning(text, bytes);
  if (!/=[^=\s]/.test(text.replace(/\s+/g, ''))) return Buffer.from(text, 'base64');
  return Buffer.concat(text.split(/=+/, MAX_PIECES).map((piece) => Buffer.from(piece, 'base64')));
}

// oxlint-disable-next-line no-control-regex -- control characters are what tells
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Base64 with stray signs in it gives text; prose that is taken for base64 gives control characters and broken UTF-8. */
function decodedIfText(bytes: Buffer): Buffer {
  const decoded = Buffer.from(bytes.toString('latin1'), 'base64');
  return decoded.length > 0 && isUtf8(decoded) && !CONTROL.test(decoded.toString('latin1')) ? decoded : bytes;
}

/** Mailing lists add their footer in plain text below the base64. */
function decodeBeginning(text: string, bytes: Buffer): Buffer {
  const encoded = /^(?:[A-Za-z0-9+/]{16,}={0,2}\r?\n)+/.exec(text)?.[0] ?? '';
  if (encoded.replace(/\s+/g, '').length % 4 !== 0 || encoded === '') return decodedIfText(bytes);
  return Buffer.concat([Buffer.from(encoded, 'base64'), Buffer.from('\n'), bytes.subarray(encoded.length)]);
}

const hex = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const upper = byte & 0xdf;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : -1;
};

/** A `=` that encodes nothing stays (RFC 2045 section 6.7, note 3). Blanks at the end of a line were added on the way. */
function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === 0x0a) {
      const isCrlf = length > 0 && out[length - 1] === 0x0d;
      if (isCrlf) length -= 1;
      while (length > 0 && (out[length - 1] === 0x20 || out[length - 1] === 0x09)) length -= 1;
      out[length++] = 0x0a;
      continue;
    }
    if (byte !== 0x3d) {
      out[length++] = byte;
      continue;
    }
    let end = at + 1;
    while (bytes[end] === 0x20 || bytes[end] === 0x09) end += 1;
    if (bytes[end] === 0x0d && bytes[end + 1] === 0x0a) at = end + 1;
    else if (bytes[end] === 0x0a || end >= bytes.length) at = end;
    else {
      const [high, low] = [hex(bytes[at + 1]), hex(bytes[at + 2])];
      if (high < 0 || low < 0) out[length++] = byte;
      else {
        out[length++] = high * 16 + low;
        at += 2;
      }
    }
  }
  return out.subarray(0, length);
}

/** The lines between `begin` and `end`; the bytes themselves if there is no `begin`. */
function decodeUuencode(bytes: Buffer): Buffer {
  const lines = bytes.toString('latin1').split(/\r?\n/);
  const begin = lines.findIndex((line) => /^begin [0-7]{3,4} /.test(line));
  if (begin === -1) return bytes;
  const out: number[] = [];
  for (const line of lines.slice(begin + 1)) {
    if (line === 'end') break;
    const length = (line.charCodeAt(0) - 0x20) & 0x3f;
    const six = (at: number): number => ((line.charCodeAt(at) || 0x20) - 0x20) & 0x3f;
    for (let at = 1, left = length; left > 0 && at < line.length; at += 4, left -= 3) {
      const [a, b, c, d] = [six(at), six(at + 1), six(at + 2), six(at + 3)];
      out.push(...[(a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d].slice(0, left));
    }
  }
  return Buffer.from(out);
}
