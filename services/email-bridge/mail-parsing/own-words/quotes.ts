import { counted, type ReadingNotes } from '../reading.ts';
import { phrasesOf } from '../tables/table.ts';
import { attributionAt } from './attribution.ts';
import { isDashed, isDivider, isReplyLine } from './divider.ts';
import { headerBlockLength, leadingFields } from './header-block.ts';
import { hasWords, initialsOf, isQuoted, isRule } from './line.ts';

const cutMarks = new Set(phrasesOf('notices', 'cut'));
const isCutMark = (line: string): boolean => cutMarks.has(line.trim().toLowerCase());

/**
 * The sender's own lines, in the pieces that quotes divide them into.
 *
 *   1. Lines with `>` are quoted.
 *   2. An attribution is left out. With `>` below it, only the lines with `>` are quoted; without, everything below it.
 *   3. A divider and a header block are left out, and everything below them.
 *   4. Rules 2 and 3 cut nothing off if the sender wrote nothing above: there is nothing else to show then.
 *
 * @param subject of the message, without `Re:`, folded
 */
export function withoutQuotes(lines: readonly string[], subject: string, notes: ReadingNotes): string[][] {
  const pieces: string[][] = [[]];
  const own = (): string[] => pieces.at(-1) as string[];
  const wrote = (): boolean => pieces.some((piece) => piece.some(hasWords));
  const nextPiece = (): void => void (own().length > 0 && pieces.push([]));
  let initials = '';
  let marked = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as string;
    if ((isQuoted(line) && !isDivider(line)) || (initials !== '' && initialsOf(line) === initials)) {
      marked += 1;
      nextPiece();
      continue;
    }
    const attribution = attributionAt(lines, at);
    if (attribution) {
      const end = at + attribution.length;
      const below = belowAttribution(lines, end, attribution.isCertain);
      if (below !== 'own words') {
        if (attribution.before !== '') own().push(attribution.before);
        if (below === 'quote without marks' && wrote()) return done(lines.length - end, 'below an attribution');
        if (below === 'quote without marks')
          notes.doubt('own_words', 'an attribution', 'nothing is above it, so that all below was kept');
        initials ||= initialsOf(lines.slice(end).find((one) => one !== '') ?? '');
        nextPiece();
        at = end - 1 + (isCutMark(lines[end] ?? '') ? 1 : 0);
        continue;
      }
    }
    const block = headerBlockLength(lines, at, subject);
    if (block > 0 || isDivider(line) || isReplyLine(line)) {
      const length = Math.max(block, 1);
      if (!isQuoted(firstBelow(lines, at + length)) && wrote())
        return done(lines.length - at, block > 0 ? 'below the headers of another message' : 'below a divider');
      // A bare forward: the forwarded message is all that the sender has to say.
      const fields = isDivider(line) ? leadingFields(lines.slice(at + 1)) : 0;
      if (!wrote() && lines.length > at + length + fields)
        notes.say('own_words', 'nothing', 'the message is a forward without words of its own');
      at += length - 1 + fields;
      continue;
    }
    own().push(line);
  }
  return done(0, '');

  function done(left: number, why: string): string[][] {
    if (marked > 0) notes.say('own_words', `${counted(marked, 'line')} of a quote`, 'marked with >');
    if (left > 0) notes.say('own_words', `${counted(left, 'line')} of a quote`, why);
    // The lines that some programs draw above a divider.
    for (const piece of pieces)
      while (
        piece.length > 0 &&
        (isRule(piece.at(-1) as string) || piece.at(-1) === '' || isDashed(piece.at(-1) as string))
      )
        piece.pop();
    return pieces.filter((piece) => piece.length > 0);
  }
}

type Below = 'quote with marks' | 'quote without marks' | 'nothing' | 'own words';

/**
 * What stands below a line that looks like an attribution. Only one that nobody else writes makes a quote of lines
 * without marks.
 */
function belowAttribution(lines: readonly string[], from: number, isCertain: boolean): Below {
  const first = firstBelow(lines, from);
  if (first === '') return 'nothing';
  if (isQuoted(first) || isCutMark(first) || initialsOf(first) !== '') return 'quote with marks';
  if (!isCertain) return 'own words';
  const markedAt = lines.findIndex((line, index) => index >= from && isQuoted(line));
  if (markedAt === -1) return 'quote without marks';
  return isNested(lines, from, markedAt) ? 'quote without marks' : 'quote with marks';
}

/** The lines with `>` have an attribution of their own: they are quoted within the quote. */
function isNested(lines: readonly string[], from: number, markedAt: number): boolean {
  for (let at = Math.max(from, markedAt - 5); at < markedAt; at += 1) {
    const attribution = attributionAt(lines, at);
    if (attribution && firstBelow(lines, at + attribution.length) === lines[markedAt]) return true;
  }
  return false;
}

function firstBelow(lines: readonly string[], from: number): string {
  for (let at = from; at < lines.length; at += 1) if (lines[at] !== '') return lines[at] as string;
  return '';
}
