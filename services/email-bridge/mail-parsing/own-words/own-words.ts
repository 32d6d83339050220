import type { ReadingNotes } from '../reading.ts';
import { sanitizeText } from '../sanitize.ts';
import { folded } from '../tables/table.ts';
import { withoutArmour, withoutBanner, withoutFooters } from './additions.ts';
import { withoutPrefix } from './header-block.ts';
import { hasWords } from './line.ts';
import { withoutQuotes } from './quotes.ts';
import { isSentFrom, type NameWords, withoutSignature } from './signature.ts';

const MAX_LINES = 2_000;
const MAX_LINE = 1_000;

export interface Author {
  readonly name: string;
  readonly subject: string;
}

/**
 * The sender's own words in a text: without the quote, the signature, and what programs, lists and companies add. If
 * nothing is left (a bare forward, a message that is one signature), as much is taken back as gives words.
 */
export function ownWords(text: string, { name, subject }: Author, notes: ReadingNotes): string {
  const all = text.split('\n', MAX_LINES + 1);
  if (all.length > MAX_LINES)
    notes.doubt('own_words', 'the end of the text', `only the first ${MAX_LINES} lines are looked at`);
  const lines = all.slice(0, MAX_LINES).map((line) => (line === '-- ' ? line : line.slice(0, MAX_LINE).trimEnd()));
  const plain = withoutBanner(withoutArmour(lines, notes), notes);
  const pieces = withoutQuotes(plain, withoutPrefix(subject), notes);
  const words = nameWords(name);
  const unsigned = pieces.map((piece) => withoutAdditions(piece, words, notes));
  const candidates = [unsigned, pieces, [lines]].map(joined);
  const found = candidates.find(hasWords);
  if (found !== undefined && found !== candidates[0])
    notes.doubt('own_words', 'nothing', 'without quotes and signatures nothing would be left');
  return found ?? candidates.find((one) => one !== '') ?? '';
}

function withoutAdditions(piece: readonly string[], name: NameWords, notes: ReadingNotes): string[] {
  const footed = withoutFooters(piece, notes);
  const lines = footed.filter((line, at) => !isSentFrom(line, footed[at + 1]));
  if (lines.length < footed.length)
    notes.say('own_words', '1 line of a phone or an app', 'it says what the message was sent from');
  const unsigned = withoutSignature(lines, name, notes);
  return withoutFooters(unsigned, notes);
}

/** `"Miller, Sarah" <…>` and `Sarah Miller` have the same words. */
const nameWords = (name: string): NameWords =>
  folded(name)
    .split(/[^\p{L}\p{M}'-]+/u)
    .filter((word) => word.length > 1)
    .slice(0, 4);

const joined = (pieces: readonly (readonly string[])[]): string =>
  pieces
    .map((piece) => piece.join('\n'))
    .join('\n\n')
    .replaceAll('-- \n', '--\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

/** At most `limit` UTF-16 units, with a mark if it was longer. */
export const shortened = (text: string, limit: number): string =>
  text.length <= limit ? text : `${sanitizeText(text, limit - 1).trimEnd()}…`;
