/**
 * Foreign text for use within a line: without line breaks, without invisible characters (controls, bidirectional
 * overrides, zero-width and tag characters, which can hide instructions from people), and without anything that looks
 * like the start or end of an untrusted envelope.
 */
export function inLine(text: string, most = 120): string {
  return cut(visible(text).replaceAll(/\s+/g, ' ').trim(), most);
}

/** The same for text that keeps its line breaks. */
export const inLines = (text: string, most: number): string => cut(visible(text).trim(), most);

/** Control and format characters, and variation selectors, which can encode any text invisibly. */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{fe00}-\u{fe0f}\u{e0000}-\u{e0fff}]/gu;
const BREAKS = new Set(['\r', '\u2028', '\u2029']);

const visible = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(INVISIBLE, (character) => (BREAKS.has(character) ? '\n' : ''))
    .replaceAll(/[<＜﹤‹〈](?=\s*[/／]?\s*untrusted)/giu, '‹');

/** Cuts between characters. A cut of a long text says how many characters are missing. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const shortened = text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  return most < 500 ? `${shortened}…` : `${shortened}… [${text.length - shortened.length} more characters]`;
}

/** A time with minutes, which is precise enough for a wait: `2027-01-31 09:00Z`. */
export const at = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;

/** Joins the lines that are not empty. */
export const lines = (...all: readonly (string | false | null | undefined)[]): string => all.filter(Boolean).join('\n');
