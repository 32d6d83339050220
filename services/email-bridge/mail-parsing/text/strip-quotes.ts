import EmailReplyParser from 'email-reply-parser';
import {
  attributionLength,
  headerLines,
  isForwardDivider,
  isHeaderBlock,
  isMobileSignature,
  isQuoted,
  isRule,
} from './quote-markers.ts';
import { storable } from '../sanitize.ts';
import { withTimeout } from './timeout.ts';

const MAX_LINES = 2_000;
const MAX_LINE = 1_000;
/** The library's expressions take quadratic time on unkind text. */
const MAX_FOR_LIBRARY = 10_000;
const LIBRARY_MS = 100;

/**
 * What the sender wrote, without what was quoted and signed; at most `limit` characters. When nothing is left (a bare forward, a mail that
 * is one signature), what was there.
 *
 * Quotes are found here, because the library knows few languages' ways to begin one and takes any answer below a quote for part of it;
 * then it finds the signature.
 */
export function stripQuotes(text: string, limit: number): string {
  const lines = text.split('\n', MAX_LINES).map((line) => line.slice(0, MAX_LINE).trimEnd());
  const own = tidy(withoutQuotes(lines));
  const unsigned =
    own.length > MAX_FOR_LIBRARY
      ? own
      : tidy(
          withTimeout(
            LIBRARY_MS,
            () => new EmailReplyParser().parseReply(own),
            () => own,
          ),
        );
  const left = [unsigned, own, tidy(lines.join('\n'))].find((one) => one !== '') ?? '';
  return left.length <= limit ? left : `${storable(left, limit - 1).trimEnd()}…`;
}

function withoutQuotes(lines: readonly string[]): string {
  const kept: string[] = [];
  const hasWords = (): boolean => kept.some((line) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(line));
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (isQuoted(line)) continue;
    if (line === '--' || line === '-- ') {
      // RFC 3676 section 4.3. What follows a quote below it is the sender's again.
      while (at + 1 < lines.length && !isQuoted(lines[at + 1] as string)) at += 1;
      continue;
    }
    if (isMobileSignature(line)) continue;
    const attribution = attributionLength(lines, at);
    if (attribution > 0) {
      const next = lines.slice(at + attribution).find((one) => one !== '');
      at += attribution - 1;
      // With `>` before each line, the quote says itself where it ends; without, it goes to the end.
      if (next !== undefined && !isQuoted(next) && hasWords()) break;
      continue;
    }
    if (isForwardDivider(line) || isHeaderBlock(lines, at)) {
      if (hasWords()) break;
      // A bare forward: what is forwarded is all that was meant to be said.
      at += headerLines(lines.slice(at + 1));
      continue;
    }
    kept.push(line);
  }
  while (kept.length > 0 && (isRule(kept.at(-1) as string) || kept.at(-1) === '')) kept.pop();
  return kept.join('\n');
}

const tidy = (text: string): string => text.replace(/\n{3,}/g, '\n\n').trim();
