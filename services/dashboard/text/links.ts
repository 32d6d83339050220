/** A part of a text: words, or an address that may be opened. */
export type TextPart = string | { readonly href: string; readonly host: string };

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u200b-\u200f\u202a-\u202e\u2060-\u2069]+/giu;

/**
 * Finds the web addresses in what agents and strangers wrote. Only http and https are links; the page shows the host of
 * each beside it, because a text may claim another.
 */
export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(/[.,;:!?)\]}]+$/, '');
    const url = URL.parse(address);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) continue;
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ href: url.href, host: url.host });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}
