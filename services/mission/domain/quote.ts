/**
 * Quotes texts that people wrote, wherever they appear inside generated texts: a model reads them as content and not as
 * instructions.
 */

/**
 * Escapes a text as JSON does, and the line separators that JSON allows: the result is one line and cannot end the
 * quotation.
 */
const escaped = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[\u0085\u2028\u2029]/g, (separator) => `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Quotes at most `most` escaped characters, quotation marks not counted. Cuts between characters, never inside one. */
export function quote(text: string, most: number): string {
  if (text.length <= most) {
    const whole = escaped(text);
    if (whole.length <= most) return `"${whole}"`;
  }
  let kept = '';
  for (const character of text) {
    const next = escaped(character);
    if (kept.length + next.length > most - 1) break;
    kept += next;
  }
  return `"${kept}…"`;
}
