/**
 * Text that people wrote, quoted wherever it stands among our own words: it reads as content and not as instruction, and nothing inside it can
 * end the quotation.
 */

/** JSON's string syntax, and the line separators that JSON lets pass: one line, and nothing inside can end the quotation. */
const escaped = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[\u0085\u2028\u2029]/g, (separator) => `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** At most `most` characters as they are written, the quotation marks apart. Cut between characters, never inside one. */
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
