import { counted, type ReadingNotes } from '../reading.ts';
import { folded, phrasesOf, readTable } from '../tables/table.ts';
import { hasAddress, hasWords } from './line.ts';

/** The words of a sender's name, in lower case; none if the message names nobody. */
export type NameWords = readonly string[];

const MAX_LINES = 12;
/** Below the separator of RFC 3676 nothing else stands, so that it may be long. */
const MAX_SEPARATED_LINES = 30;
const MAX_LINE = 100;

/**
 * A piece of the sender's lines without the signature at its end.
 *
 *   1. Below `-- ` (RFC 3676 section 4.3) everything is signature.
 *   2. Below any other separator (`--`, `—`, `___`), and below words that end a letter, it is one if it looks so: a few
 *      short lines, with the sender's name or with a telephone number, an address or a link.
 *   3. A last paragraph that begins with the sender's name and has such data is one as well.
 */
export function withoutSignature(lines: readonly string[], name: NameWords, notes: ReadingNotes): string[] {
  for (const [at, line] of lines.entries()) {
    const below = lines.slice(at + 1);
    const isSigned =
      line === '-- '
        ? below.filter(hasWords).length <= MAX_SEPARATED_LINES
        : isWeakSeparator(line)
          ? looksLikeSignature(below, name) || isBelowDash(lines, at)
          : endsLetter(line, below, name);
    if (!isSigned) {
      if (line === '-- ') notes.doubt('own_words', 'nothing below a separator', 'it is too long for a signature');
      continue;
    }
    notes.say(
      'own_words',
      `${counted(below.filter(hasWords).length, 'line')} of a signature`,
      'below a separator or a closing',
    );
    return lines.slice(0, at);
  }
  return withoutLastParagraph(lines, name, notes);
}

/** `--` or `—` below a blank line, with the name of somebody right below it. */
const isBelowDash = (lines: readonly string[], at: number): boolean =>
  /^\s*(?:--|—)\s*$/.test(lines[at] as string) &&
  lines[at - 1] === '' &&
  /^[*_]?\p{Lu}[\p{L}'.-]*(?: \p{Lu}[\p{L}'.-]*){1,3}(?: ?[|,•–-].{0,80})?[*_]?$/u.test(lines[at + 1] ?? '') &&
  isShort(lines.slice(at + 1).filter(hasWords));

const isWeakSeparator = (line: string): boolean => /^[ \t]*(?:[-–_*=~]{2,80}|—{1,80})[ \t]*$/.test(line);

const HAS_CONTACT =
  /(?:\+|\b00)\d[\d\s()./-]{5,}\d|\b(?:tel|phone|fone|fax|mob|mobile|cell|handy|telefon|téléphone|тел)\b\.?\s?[:.]?\s?[+(\d]|\bhttps?:\/\/|\bwww\.|\(\d{2,5}\)\s?\d{3}/iu;
const hasContact = (line: string): boolean => HAS_CONTACT.test(line) || hasAddress(line);

const isNamed = (line: string, name: NameWords): boolean => {
  const words = folded(line).split(/[^\p{L}\p{M}'-]+/u);
  return name.some((one) => words.includes(one));
};

const isShort = (lines: readonly string[]): boolean =>
  lines.length > 0 && lines.length <= MAX_LINES && lines.every((line) => line.length <= MAX_LINE);

function looksLikeSignature(below: readonly string[], name: NameWords): boolean {
  const lines = below.filter(hasWords);
  if (!isShort(lines)) return false;
  return isNamed(lines[0] as string, name) || (lines.some(hasContact) && !isSentence(lines[0] as string));
}

/** It goes on, or ends as a sentence does. */
const isSentence = (line: string): boolean => /[.?!…。？！:]$/u.test(line) || line.split(/\s+/).length > 6;

const closings = readTable('sign-offs').map(([, strength, words = '']) => ({
  isStrong: strength === 'strong',
  words: folded(words),
}));
const strong = new Set(closings.filter(({ isStrong }) => isStrong).map(({ words }) => words));
const weak = new Set(closings.filter(({ isStrong }) => !isStrong).map(({ words }) => words));

/** Whether the line closes a letter, and only its signature follows. */
function endsLetter(line: string, below: readonly string[], name: NameWords): boolean {
  if (line.length > 80) return false;
  const words = folded(line).replace(/[\s,.!;:…。，！]+$/u, '');
  const lines = below.filter(hasWords);
  if (strong.has(words))
    return (
      lines.length === 0 || (isShort(lines) && (isNamed(lines[0] as string, name) || !isSentence(lines[0] as string)))
    );
  if (weak.has(words)) return looksLikeSignature(below, name);
  // `Best regards, Sarah`
  const comma = words.search(/[,，] ?/u);
  if (comma === -1) return false;
  const [closing, rest] = [words.slice(0, comma).trim(), words.slice(comma + 1).trim()];
  return (
    (strong.has(closing) || weak.has(closing)) &&
    rest.split(' ').length <= 3 &&
    isNamed(rest, name) &&
    (lines.length === 0 || isShort(lines))
  );
}

function withoutLastParagraph(lines: readonly string[], name: NameWords, notes: ReadingNotes): string[] {
  const end = lines.findLastIndex(hasWords);
  let start = end;
  while (start > 0 && (lines[start - 1] as string).trim() !== '') start -= 1;
  const paragraph = lines.slice(start, end + 1);
  const first = folded(paragraph[0] ?? '').replace(/[,.]$/, '');
  const isName =
    name.length >= 2 &&
    name.every((word) => first.split(/[^\p{L}\p{M}'-]+/u).includes(word)) &&
    first.split(' ').length <= name.length + 2;
  if (start <= 0 || paragraph.length < 2 || !isName || !isShort(paragraph) || !paragraph.slice(1).some(hasContact))
    return [...lines];
  notes.say('own_words', `${counted(paragraph.length, 'line')} of a signature`, "the sender's name with contact data");
  return lines.slice(0, start);
}

const [begins, ends, whole, devices] = ['begins', 'ends', 'whole', 'device'].map((kind) =>
  phrasesOf('sent-from', kind),
) as [string[], string[], string[], string[]];

/**
 * The line that phones and mail apps add: `Sent from my iPhone`. It names a device or an app within its first words, and
 * stands at the end of a paragraph: `Sent from my other account: the contract` is a sentence of its own.
 */
export function isSentFrom(line: string, next: string | undefined): boolean {
  if (line.length > 120 || (next !== undefined && next.trim() !== '')) return false;
  const text = folded(line)
    .replace(/^[-–—*_ ]+/, '')
    .replace(/[.!*_ ]+$/, '');
  if (whole.some((one) => text.startsWith(one))) return true;
  const begin = begins.find((one) => text.startsWith(one));
  if (begin !== undefined) {
    const rest = text.slice(begin.length, begin.length + 45).split(/[,;:]/, 1)[0] ?? '';
    return devices.some((one) => containsWord(rest, one)) && !/: \p{L}|\?$/u.test(text);
  }
  return ends.some((one) => text.endsWith(one)) && text.length <= 60 && devices.some((one) => containsWord(text, one));
}

/** A short name stands by itself; a long one may have an ending. */
function containsWord(text: string, word: string): boolean {
  const at = text.indexOf(word);
  if (at === -1) return false;
  const before = text[at - 1];
  return (
    (before === undefined || !/\p{L}/u.test(before) || !/\p{Script=Latin}/u.test(before)) &&
    (word.length > 3 || !/\p{L}/u.test(text[at + word.length] ?? ''))
  );
}
