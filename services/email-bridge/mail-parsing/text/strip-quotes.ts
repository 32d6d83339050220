import EmailReplyParser from 'email-reply-parser';
import {
  attributionLength,
  headerBlockLength,
  isForwardDivider,
  isHeaderBlock,
  isMobileSignature,
  isQuoted,
  isRule,
} from './quote-markers.ts';
import { sanitizeText } from '../sanitize.ts';
import { withTimeout } from './timeout.ts';

const MAX_LINES = 2_000;
const MAX_LINE = 1_000;
/** Characters that the library gets: its expressions take quadratic time on hostile text. */
const MAX_FOR_LIBRARY = 10_000;
const LIBRARY_TIMEOUT_MS = 100;

/**
 * The sender's own words, without quotes and signature; at most `limit` UTF-16 units. If nothing is left (a bare
 * forward, a message that is one signature), the whole text.
 *
 * The library finds the signature only. Quotes are removed here first, because the library knows the attributions of
 * few languages, and takes an answer below a quote for a part of the quote.
 */
export function stripQuotes(text: string, limit: number): string {
  const lines = text.split('\n', MAX_LINES).map((line) => line.slice(0, MAX_LINE).trimEnd());
  const unquoted = tidy(removeQuotes(lines));
  const unsigned =
    unquoted.length > MAX_FOR_LIBRARY
      ? unquoted
      : tidy(
          withTimeout(
            LIBRARY_TIMEOUT_MS,
            () => new EmailReplyParser().parseReply(unquoted),
            () => unquoted,
          ),
        );
  const words = [unsigned, unquoted, tidy(lines.join('\n'))].find((one) => one !== '') ?? '';
  return words.length <= limit ? words : `${sanitizeText(words, limit - 1).trimEnd()}…`;
}

/** Removes quotes, attributions and signatures, line by line. */
function removeQuotes(lines: readonly string[]): string {
  const own: string[] = [];
  const hasWords = (): boolean => own.some((line) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(line));
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (isQuoted(line)) continue;
    if (line === '--' || line === '-- ') {
      // The signature separator (RFC 3676 section 4.3): the signature ends at the next quote, and text below that quote
      // is the sender's again.
      while (at + 1 < lines.length && !isQuoted(lines[at + 1] as string)) at += 1;
      continue;
    }
    if (isMobileSignature(line)) continue;
    const attribution = attributionLength(lines, at);
    if (attribution > 0) {
      const next = lines.slice(at + attribution).find((one) => one !== '');
      at += attribution - 1;
      // A quote with `>` before each line ends with the last such line; a quote without marks goes on to the end of the
      // message.
      if (next !== undefined && !isQuoted(next) && hasWords()) break;
      continue;
    }
    if (isForwardDivider(line) || isHeaderBlock(lines, at)) {
      if (hasWords()) break;
      // A bare forward: the forwarded message is all that the sender has to say.
      at += headerBlockLength(lines.slice(at + 1));
      continue;
    }
    own.push(line);
  }
  while (own.length > 0 && (isRule(own.at(-1) as string) || own.at(-1) === '')) own.pop();
  return own.join('\n');
}

const tidy = (text: string): string => text.replace(/\n{3,}/g, '\n\n').trim();
