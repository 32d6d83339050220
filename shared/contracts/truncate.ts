/**
 * At most `most` UTF-16 units of the text. Never cuts inside a surrogate pair: half of one is not valid text, and
 * PostgreSQL refuses it.
 */
export function truncate(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}
