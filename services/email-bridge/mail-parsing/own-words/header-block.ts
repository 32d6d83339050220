import { folded, readTable } from '../tables/table.ts';
import { hasAddress, hasMarkedAddress, hasTime, hasWholeDate, isQuoted } from './line.ts';

/** What a label of a header block labels. */
type Label = 'from' | 'date' | 'to' | 'subject' | 'other';

const labels = new Map<string, Set<Label>>();
for (const [, kind = '', label = ''] of readTable('header-labels')) {
  const key = folded(label);
  labels.set(key, (labels.get(key) ?? new Set()).add(kind as Label));
}

const MAX_LINES = 16;
const MAX_LABEL = 30;

interface Field {
  /** Empty for a label that nobody knows. */
  readonly kinds: ReadonlySet<Label>;
  readonly value: string;
}

/** `*From:* Ada`, `发件人： Ada`, with tabs as in Lotus Notes. */
function fieldIn(line: string): Field | undefined {
  const colon = line.slice(0, MAX_LABEL + 20).search(/[:：]/u);
  if (colon < 1) return undefined;
  const label = line
    .slice(0, colon)
    .replace(/[*\s]+/g, ' ')
    .trim();
  const value = line.slice(colon + 1, colon + 300);
  if (label === '' || label.length > MAX_LABEL) return undefined;
  const kinds = labels.get(folded(label));
  if (!kinds && !/^\p{L}[\p{L}\p{M}' -]{0,28}$/u.test(label)) return undefined;
  return { kinds: kinds ?? new Set(), value: value.replace(/^[*\s]+/, '').trim() };
}

/**
 * The number of lines of the header block that begins at line `at`: Outlook and others show sender, date, recipients and
 * subject above the quoted message, each in a line, in any order. 0 if none begins there.
 *
 * People write such lists too (`From: Berlin`, `To: Hamburg`). So a block needs what no traveller writes: an address, a
 * date with year and time, or the subject of this very message.
 *
 * @param subject without `Re:`, folded
 */
export function headerBlockLength(lines: readonly string[], at: number, subject: string): number {
  const first = fieldIn(lines[at] as string);
  if (!first || (first.kinds.size === 0 && !hasMarkedAddress(first.value))) return 0;
  const found: Field[] = [];
  let length = 0;
  let open = 0;
  for (let index = at; index < Math.min(lines.length, at + MAX_LINES); index += 1) {
    const line = lines[index] as string;
    const field = isQuoted(line) ? undefined : fieldIn(line);
    if (field && (field.kinds.size > 0 || hasMarkedAddress(field.value))) {
      found.push(field);
      length = index - at + 1;
      open = 0;
    } else if (++open > 2 || isQuoted(line)) break;
    // A recipient list goes on below; a blank line stands between the lines of some HTML.
    else if (line !== '' && !field && /[@;,]/.test(line) && index === at + length) length += 1;
  }
  return isBlock(found, subject) ? length : 0;
}

function isBlock(fields: readonly Field[], subject: string): boolean {
  const has = (kind: Label): boolean => fields.some(({ kinds }) => kinds.has(kind));
  const others = (['date', 'to', 'subject'] as const).filter(has);
  // The sender's label may be one that nobody knows.
  const hasSender = has('from') || fields.some(({ kinds, value }) => kinds.size === 0 && hasMarkedAddress(value));
  if (!hasSender || others.length < 2 || fields.length < 3) return false;
  const valuesOf = (kind: Label): string[] => fields.filter(({ kinds }) => kinds.has(kind)).map(({ value }) => value);
  if (!has('from') || [...valuesOf('from'), ...valuesOf('to')].some(hasAddress)) return true;
  if (valuesOf('date').some((value) => hasWholeDate(value) && hasTime(value))) return true;
  return subject !== '' && valuesOf('subject').some((value) => withoutPrefix(value) === subject);
}

/** The number of lines at the beginning that are header lines or blank; 0 if all of the first 12 are. */
export function leadingFields(lines: readonly string[]): number {
  const end = lines.slice(0, 12).findIndex((line) => line !== '' && !((fieldIn(line)?.kinds.size ?? 0) > 0));
  return end === -1 ? 0 : end;
}

/** A subject without `Re:`, `AW:`, `Fwd:` and the like, folded. */
export const withoutPrefix = (subject: string): string =>
  folded(subject).replace(/^(?:[\p{L}\p{M}]{1,6}(?:\[\d+\])?: ?){1,5}/u, '');
