/**
 * Charsets that write everything in 7 bits, and that `TextDecoder` does not know: the WHATWG took them out of browsers,
 * and old mail programs still send them. Each is turned into the bytes of a charset that it does know.
 */

/** HZ (RFC 1843): GB 2312 between `~{` and `~}`. */
export function decodeHz(bytes: Uint8Array): string {
  const out: number[] = [];
  let chinese = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const [byte = 0, next = 0] = [bytes[at], bytes[at + 1]];
    if (byte === 0x7e && (next === 0x7b || next === 0x7d)) {
      chinese = next === 0x7b;
      at += 1;
    } else if (byte === 0x7e && next === 0x7e && !chinese) {
      out.push(0x7e);
      at += 1;
    } else if (byte === 0x0a) {
      // RFC 1843: a line ends the Chinese text.
      chinese = false;
      out.push(byte);
    } else out.push(chinese && byte > 0x20 ? byte | 0x80 : byte);
  }
  return new TextDecoder('gb18030').decode(Uint8Array.from(out));
}

/** ISO-2022-KR (RFC 1557): KS X 1001 between SO and SI, announced by `ESC $ ) C`. */
export function decodeIso2022Kr(bytes: Uint8Array): string {
  const out: number[] = [];
  let korean = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === 0x1b && bytes[at + 1] === 0x24 && bytes[at + 2] === 0x29 && bytes[at + 3] === 0x43) at += 3;
    else if (byte === 0x0e || byte === 0x0f) korean = byte === 0x0e;
    else out.push(korean && byte > 0x20 ? byte | 0x80 : byte);
  }
  return new TextDecoder('euc-kr').decode(Uint8Array.from(out));
}

/** UTF-7 (RFC 2152): UTF-16 in base64 between `+` and `-`. */
export const decodeUtf7 = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(/\+([A-Za-z0-9+/]{0,100000})-?/g, (_, encoded: string) => {
      if (encoded === '') return '+';
      const units = Buffer.from(encoded, 'base64');
      return units
        .subarray(0, units.length & ~1)
        .swap16()
        .toString('utf16le');
    });
