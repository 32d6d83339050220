/**
 * Text of others in a line of ours: one line, without what a reader cannot see (controls, bidirectional overrides, zero-width and tag characters,
 * which can hide instructions from people), and unable to look like the beginning or end of an untrusted envelope.
 */
export function inLine(text: string, most = 120): string {
  return cut(visible(text).replaceAll(/\s+/g, ' ').trim(), most);
}

/** The same for text of several lines. */
export const inLines = (text: string, most: number): string => cut(visible(text).trim(), most);

/** Control and format characters, and the variation selectors, which can carry any text unseen. */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{fe00}-\u{fe0f}\u{e0000}-\u{e0fff}]/gu;
const BREAKS = new Set(['\r', '\u2028', '\u2029']);

const visible = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(INVISIBLE, (character) => (BREAKS.has(character) ? '\n' : ''))
    .replaceAll(/[<＜﹤‹〈](?=\s*[/／]?\s*untrusted)/giu, '‹');

/** Cut between characters, and says how much is missing where that may matter. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  return most < 500 ? `${kept}…` : `${kept}… [${text.length - kept.length} more characters]`;
}

/** Minutes are fine enough for waiting: `2027-01-31 09:00Z`. */
export const at = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;

/** Lines that say something. */
export const lines = (...all: readonly (string | false | null | undefined)[]): string => all.filter(Boolean).join('\n');
