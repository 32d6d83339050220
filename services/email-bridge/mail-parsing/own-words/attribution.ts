import { folded, phrasesOf } from '../tables/table.ts';
import { hasAddress, hasDate, hasMarkedAddress, hasTime, hasWholeDate, isQuoted } from './line.ts';

/**
 * The line above a quote: `On Tuesday, Ada wrote:`. Programs break long ones, and people write such lines themselves;
 * so one counts for sure only if it is whole, from its own first line to its colon.
 */
export interface Attribution {
  /** Lines. */
  readonly length: number;
  /** No person writes so: it counts above a quote without marks, too. */
  readonly isCertain: boolean;
  /** The sender's own words in front of it, in its first line. */
  readonly before: string;
}

/** Programs wrap attributions into so many lines. */
const MAX_LINES = 4;
const MAX_LENGTH = 400;

/** The attribution that begins at line `at`. @param isMarked a line with `>` follows somewhere below */
export function attributionAt(lines: readonly string[], at: number): Attribution | undefined {
  const first = lines[at] as string;
  if (first === '' || isQuoted(first)) return undefined;
  let text = '';
  for (let count = 1; count <= MAX_LINES; count += 1) {
    const line = lines[at + count - 1];
    if (line === undefined || line === '') break;
    // Gmail breaks before the `>` of the address.
    if (count > 1 && isQuoted(line) && !(/^>\s?\S{0,20}\s?[:：]$/.test(line) && /<[^>]*$/.test(text))) break;
    text += count === 1 || line.startsWith('>') ? line.trim() : ` ${line.trim()}`;
    if (text.length > MAX_LENGTH) break;
    const found = certainty(text);
    if (found === undefined) continue;
    if (count > 1 && !found.isAnchored && !beginsHere(lines, at, count)) continue;
    const inside = count === 1 && !found.isAnchored ? behindASentence(first) : undefined;
    if (inside) return inside;
    return { length: count, isCertain: found.isCertain, before: '' };
  }
  return behindASentence(first);
}

/**
 * A line that begins with any name or date begins the attribution only if it holds a part of it, and if the lines below
 * are none by themselves.
 */
function beginsHere(lines: readonly string[], at: number, count: number): boolean {
  const first = lines[at] as string;
  if (/[.!?。！？]$/u.test(first) || !(hasWholeDate(first) || /</.test(first))) return false;
  const rest = lines.slice(at + 1, at + count).join(' ');
  return certainty(rest) === undefined || (hasWholeDate(first) && !hasDate(rest) && first.length < 80);
}

/** `Fine. On Tue, Jan 13, 2026 at 9:12 AM Ada <ada@example.com> wrote:` */
function behindASentence(line: string): Attribution | undefined {
  if (line.length > MAX_LENGTH || !/[:：-]$/.test(line) || !hasMarkedAddress(line)) return undefined;
  for (const { index, 0: end } of [...line.matchAll(/[.!?。！？] ?/gu)].slice(0, 10)) {
    const found = certainty(line.slice(index + end.length));
    if (found?.isAnchored && found.isCertain) return { length: 1, isCertain: true, before: line.slice(0, index + 1) };
  }
  return undefined;
}

/** Programs draw lines of any length. */
const dashed = (text: string): string => text.replace(/[-–—_=*]{2,}/g, '--');

interface Certainty {
  readonly isCertain: boolean;
  /** It begins with words of its own, as `On`; so its first line is known. */
  readonly isAnchored: boolean;
}

/** undefined if the text is no attribution at all. */
function certainty(text: string): Certainty | undefined {
  if (!/[:：-]$/.test(text)) return undefined;
  const line = dashed(folded(text));
  const isWhole = hasMarkedAddress(line) && hasWholeDate(line);
  const matching = templates.filter((template) => fits(template, line));
  const anchored = matching.find(({ isAnchored }) => isAnchored);
  if (anchored) return { isAnchored: true, isCertain: hasMarkedAddress(line) || (hasWholeDate(line) && hasTime(line)) };
  const isSaid = wroteWords.some((word) => line.includes(word));
  if (isWhole && hasTime(line) && isSaid && line.endsWith(':'))
    return { isAnchored: false, isCertain: !TOLD.test(line) };
  if (matching.length > 0)
    return { isAnchored: false, isCertain: isWhole && matching.some(({ isBare }) => !isBare || beginsWithDate(line)) };
  if (!line.endsWith(':')) return undefined;
  if (hasMarkedAddress(line) || (isSaid && (hasAddress(line) || hasDate(line))))
    return { isAnchored: false, isCertain: false };
  return undefined;
}

const wroteWords = phrasesOf('wrote-words');

/** What a person tells: `I wrote to Ann <ann@example.com> on 13.01.2026 at 10:00:`. */
const TOLD =
  /^(?:as |i |we |ich |wir |wie |je |j'|nous |comme |yo |como |io |come |eu |ik |jag |jeg |ja |я |мы |как )|(?:^| )(?:to|an|à|aan|till|til|do) [^<]{0,40}</;

interface Template {
  /** The words between the slots, in their order. */
  readonly fragments: readonly string[];
  readonly hasDate: boolean;
  readonly hasWho: boolean;
  /** It has no words at all: `{date} {who}:`. */
  readonly isBare: boolean;
  readonly isAnchored: boolean;
}

/** The slots of `{date} {who}` are one: nothing tells where the date ends. */
const templates: readonly Template[] = phrasesOf('attributions')
  .map(dashed)
  .map((line) => {
    const fragments = line.replace(/\{(?:date|who)\}(?:[\s,،、;–—-]*\{(?:date|who)\})?/g, '\u0000').split('\u0000');
    // A letter or two are no words: `v {date}`.
    const isAnchored = (fragments[0] ?? '').trim().length > 1;
    return {
      fragments,
      hasDate: line.includes('{date}'),
      hasWho: line.includes('{who}'),
      isBare: fragments.every((one) => !/\p{L}/u.test(one)),
      isAnchored,
    };
  });

/** `2026-01-13 9:12 GMT+01:00 Ada <ada@example.com>:` begins with the date and ends with the address. */
const beginsWithDate = (line: string): boolean => /^.{0,12}\p{Nd}/u.test(line) && /[>\])]["']? ?:$/.test(line);

/** Compares from left to right, in time linear in the length of the line. */
function fits({ fragments, hasDate: needsDate, hasWho }: Template, line: string): boolean {
  const [first = '', ...others] = fragments;
  const last = others.pop() ?? '';
  if (!line.startsWith(first) || !line.endsWith(last) || line.length < first.length + last.length + 1) return false;
  let at = first.length;
  const end = line.length - last.length;
  let isFilled = true;
  for (const fragment of others) {
    const next = line.indexOf(fragment, at);
    if (next === -1 || next >= end) return false;
    isFilled &&= line.slice(at, next).trim() !== '';
    at = next + fragment.length;
  }
  const slots = line.slice(first.length, end);
  return (
    isFilled &&
    line.slice(at, end).trim() !== '' &&
    (!needsDate || hasDate(slots)) &&
    (last !== ':' || !hasWho || hasAddress(slots))
  );
}
