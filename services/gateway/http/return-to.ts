import { invalid } from '@missions/contracts/schema.ts';

const LONGEST = 1_500;

/**
 * Where a browser goes after the sign-in: a path of ours. A browser takes `//host`, `/\\host` and, because it drops tabs
 * and line breaks, `/<tab>/host` for another host, and whatever stands behind us may decode a path before it redirects.
 * So what one or several decodings would turn into such a path is refused too.
 * @throws Problem VALIDATION_FAILED
 */
export function returnTo(text: string, publicUrl: string): string {
  let decoded = text;
  for (let round = 0; round < 4; round += 1) {
    if (!isPath(decoded)) throw wrong();
    const next = decode(decoded);
    if (next === decoded) break;
    if (round === 3) throw wrong();
    decoded = next;
  }
  const url = URL.canParse(text, publicUrl) ? new URL(text, publicUrl) : undefined;
  if (text.length > LONGEST || url?.origin !== publicUrl) throw wrong();
  return `${url.pathname}${url.search}${url.hash}`;
}

/** One slash, and neither a second nor a backslash before the query; no character that a browser drops. */
const isPath = (text: string): boolean =>
  /^\/(?!\/)/.test(text) && !/\p{Cc}|\\/u.test(text) && !/^[^?#]*\/\//.test(text);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const wrong = () =>
  invalid([
    { path: 'return_to', message: 'must be a path of this product: one leading slash, no host, e.g. /missions' },
  ]);
