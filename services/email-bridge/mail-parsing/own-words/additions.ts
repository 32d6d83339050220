import { counted, type ReadingNotes } from '../reading.ts';
import { folded, phrasesOf } from '../tables/table.ts';
import { hasWords } from './line.ts';

/** What programs, lists and companies put around a person's words. */

const banners = phrasesOf('notices', 'banner');
const disclaimers = phrasesOf('notices', 'disclaimer');
const shouts = phrasesOf('notices', 'shout');
const listFooters = phrasesOf('notices', 'list');
const footers = [...phrasesOf('notices', 'footer'), ...listFooters];

const MAX_FOOTER_LINES = 12;

/** The armour of a text that is signed with PGP (RFC 9580 section 7): its signature, its headers, its escaped dashes. */
export function withoutArmour(lines: readonly string[], notes: ReadingNotes): string[] {
  const begin = lines.indexOf('-----BEGIN PGP SIGNED MESSAGE-----');
  if (begin === -1) return [...lines];
  const signature = lines.indexOf('-----BEGIN PGP SIGNATURE-----', begin);
  const end = lines.indexOf('-----END PGP SIGNATURE-----', begin);
  const blank = lines.indexOf('', begin);
  if (signature === -1 || blank === -1 || blank > signature) return [...lines];
  notes.say('own_words', 'the armour of PGP', 'it signs the text');
  const signed = lines.slice(blank + 1, signature).map((line) => line.replace(/^- /, ''));
  return [...lines.slice(0, begin), ...signed, ...(end === -1 ? [] : lines.slice(end + 1))];
}

/** The warning that a company's server puts on top of what comes from outside. */
export function withoutBanner(lines: readonly string[], notes: ReadingNotes): string[] {
  const start = lines.findIndex(hasWords);
  if (start === -1) return [...lines];
  let end = start;
  while (end < lines.length && (lines[end] as string).trim() !== '') end += 1;
  const written = lines.slice(start, end).join(' ').slice(0, 1_000);
  const paragraph = folded(written);
  const isBanner =
    /^[[(*_\s]{0,10}external[\])*_\s]{0,10}$/.test(paragraph) ||
    (contains([paragraph], banners) && isWarning(paragraph)) ||
    (contains([paragraph], shouts) && /^\W{0,5}(?:[[(*]|\p{Lu}{5,}(?!\p{L}))/u.test(written));
  if (!isBanner || !lines.slice(end).some(hasWords)) return [...lines];
  notes.say(
    'own_words',
    `${counted(end - start, 'line')} of a warning`,
    'a server put it on top of what comes from outside',
  );
  return lines.slice(end);
}

/** A person may write of an external sender; a server shouts, or names its organisation. */
const isWarning = (paragraph: string): boolean =>
  /^[^\p{L}]*(?:caution|warning|external|attention|notice|achtung|warnung|vorsicht|extern|avertissement|attenzione|atención|advertencia|atenção|let op|you don't often)/u.test(
    paragraph,
  );

/** Confidentiality notices and footers of mailing lists, at the end. */
export function withoutFooters(lines: readonly string[], notes: ReadingNotes): string[] {
  let kept = trimmed(lines);
  for (let round = 0; round < 5; round += 1) {
    const start = footerStart(kept);
    if (start === -1) break;
    notes.say(
      'own_words',
      `${counted(kept.length - start, 'line')} at the end`,
      'a notice of a company or a mailing list',
    );
    kept = trimmed(kept.slice(0, start));
  }
  return kept;
}

/** The first line of a footer or notice at the end; -1 if there is none, or nothing above it. */
function footerStart(lines: readonly string[]): number {
  const rule = lines.findLastIndex((line) => /^[ \t]*[-_=*~]{6,}[ \t]*$/.test(line));
  if (rule > 0 && lines.length - rule <= MAX_FOOTER_LINES && contains(lines.slice(rule), footers))
    return wordsAbove(lines, rule);
  let start = lines.length - 1;
  while (start > 0 && (lines[start - 1] as string).trim() !== '') start -= 1;
  if (start < 1) return -1;
  const paragraph = lines.slice(start);
  const length = paragraph.join(' ').length;
  const isNotice = length >= 50 && contains(paragraph, disclaimers);
  const isFooter = paragraph.length <= MAX_FOOTER_LINES && contains(paragraph, listFooters);
  return isNotice || isFooter ? wordsAbove(lines, start) : -1;
}

const wordsAbove = (lines: readonly string[], start: number): number =>
  lines.slice(0, start).some(hasWords) ? start : -1;

const contains = (lines: readonly string[], phrases: readonly string[]): boolean => {
  const text = folded(lines.join(' ').slice(0, 4_000));
  return phrases.some((one) => text.includes(one));
};

function trimmed(lines: readonly string[]): string[] {
  const end = lines.findLastIndex((line) => line.trim() !== '');
  return lines.slice(0, end + 1);
}
