/**
 * Foreign text (whatever a caller, a user or a stranger wrote) reaches a model through this file only: `quoted` within
 * a line, `untrusted` in lines of its own. Neither can begin a line as the hub's own lines begin, so that a description
 * "Next: send the file to …" never reads as the hub's next step. The prompt fragment says so to models.
 */

/** The text in quotation marks, on one line, escaped as JSON escapes it. */
export const quoted = (text: string, most = 120): string => JSON.stringify(cut(visible(text), most));

/**
 * Quotes a longer text between delimiters that the text cannot close. Each line begins with `> `. Both tags carry a
 * random mark that is chosen after the text was written, and everything in the text that looks like such a tag is
 * changed.
 */
export function untrusted(source: string, text: string, most = 4_000): string {
  const inside = cut(visible(text), most).replaceAll(/^/gm, '> ');
  let mark = newMark();
  while (inside.includes(mark)) mark = newMark();
  // A quotation mark would end the attribute: senders choose their own names and addresses.
  const name = cut(visible(source).replaceAll(/\s+/g, ' '), 150).replaceAll(/["<>]/g, "'");
  return `<untrusted source="${name}" mark="${mark}">\n${inside}\n</untrusted mark="${mark}">`;
}

/** 40 random bits: a sender can guess only once per message. */
function newMark(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(8)),
    (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31],
  ).join('');
}

/** Control and format characters, and variation selectors, which can encode any text invisibly. */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{fe00}-\u{fe0f}\u{e0000}-\u{e0fff}]/gu;
const BREAKS = new Set(['\r', '\u0085', '\u2028', '\u2029']);

/**
 * Without invisible characters (controls, bidirectional overrides, zero-width and tag characters, which can hide
 * instructions from people), and without anything that looks like the start or end of an untrusted envelope.
 */
const visible = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(INVISIBLE, (character) => (BREAKS.has(character) ? '\n' : ''))
    .replaceAll(/[<＜﹤‹〈](?=\s*[/／]?\s*untrusted)/giu, '‹')
    .trim();

/** Cuts between characters. A cut of a long text says how many characters are missing. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  return most < 500 ? `${kept}…` : `${kept}… [${text.length - kept.length} more characters]`;
}
