import { type Field, fieldsOf } from './content.ts';

/**
 * What an agent sent along, in three shapes that are shown as what they are (specification section 3): a mail, a
 * change of a text, and fields. Whatever has another form is read as a plain tree; nothing is left out.
 */
export type Preview =
  | { readonly kind: 'mail'; readonly heads: readonly Field[]; readonly body: string; readonly rest: readonly Field[] }
  | { readonly kind: 'diff'; readonly lines: readonly DiffLine[] }
  | { readonly kind: 'fields'; readonly fields: readonly Field[] };

export interface DiffLine {
  readonly mark: '+' | '-' | '@' | ' ';
  readonly text: string;
}

type Json = Readonly<Record<string, unknown>>;

export function previewsOf(context: Json): Preview[] {
  const previews: Preview[] = [];
  const rest: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(context)) {
    const preview = name === 'mail' ? mailOf(value) : name === 'diff' ? diffOf(value) : undefined;
    const named = name === 'fields' ? namedFields(value) : undefined;
    if (preview) previews.push(preview);
    else if (named) previews.unshift({ kind: 'fields', fields: named });
    else rest[name] = value;
  }
  return Object.keys(rest).length === 0 ? previews : [...previews, { kind: 'fields', fields: fieldsOf(rest) }];
}

/** `[{label, value}]`, in the order and by the names of the agent. */
function namedFields(value: unknown): Field[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const isField = (one: unknown): one is { label: string; value: unknown } =>
    isObject(one) && typeof one['label'] === 'string' && Object.keys(one).every((name) => FIELD.includes(name));
  if (!value.every(isField)) return undefined;
  return value.flatMap(({ label, value: of }) =>
    fieldsOf({ x: of }).map(({ content }) => ({ name: label === '' ? '–' : label, content })),
  );
}
const FIELD: readonly string[] = ['label', 'value'];

const HEADS = ['from', 'to', 'cc', 'bcc', 'subject'];

/** `{from?, to, cc?, bcc?, subject, body}` */
function mailOf(value: unknown): Preview | undefined {
  if (!isObject(value) || typeof value['subject'] !== 'string' || typeof value['body'] !== 'string') return undefined;
  const heads = HEADS.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]);
  const rest = Object.entries(value).filter(([name]) => name !== 'body' && !HEADS.includes(name));
  return {
    kind: 'mail',
    heads: fieldsOf(Object.fromEntries(heads.map(([name, of]) => [name, Array.isArray(of) ? of.join(', ') : of]))),
    body: value['body'],
    rest: fieldsOf(Object.fromEntries(rest)),
  };
}

/** A unified diff, or `{before, after}`. */
function diffOf(value: unknown): Preview | undefined {
  if (typeof value === 'string') return value === '' ? undefined : { kind: 'diff', lines: unified(value) };
  if (!isObject(value) || typeof value['before'] !== 'string' || typeof value['after'] !== 'string') return undefined;
  if (Object.keys(value).length > 2) return undefined;
  return { kind: 'diff', lines: changes(value['before'].split('\n'), value['after'].split('\n')) };
}

const unified = (diff: string): DiffLine[] =>
  diff.split('\n').map((line): DiffLine => {
    if (/^(@@|diff |index |--- |\+\+\+ )/.test(line)) return { mark: '@', text: visible(line) };
    const [mark = ''] = line;
    return mark === '+' || mark === '-'
      ? { mark, text: visible(line.slice(1)) }
      : { mark: ' ', text: visible(mark === ' ' ? line.slice(1) : line) };
  });

/** Longer texts are not compared line by line: it would take a time that grows with the square of it. */
const MOST_COMPARED = 1_000;

/** The lines that both have, in the longest sequence there is, and around them what was removed and added. */
function changes(before: readonly string[], after: readonly string[]): DiffLine[] {
  const [from, to] = before.length * after.length > MOST_COMPARED ** 2 ? [[], []] : [before, after];
  const common = from.map(() => new Uint32Array(to.length + 1));
  const at = (row: number, column: number): number => common[row]?.[column] ?? 0;
  for (let row = from.length - 1; row >= 0; row--)
    for (let column = to.length - 1; column >= 0; column--)
      (common[row] as Uint32Array)[column] =
        from[row] === to[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    if (row < from.length && column < to.length && from[row] === to[column]) {
      lines.push({ mark: ' ', text: visible(before[row] ?? '') });
      row++;
      column++;
    } else if (row < before.length && (column >= after.length || at(row + 1, column) >= at(row, column + 1)))
      lines.push({ mark: '-', text: visible(before[row++] ?? '') });
    else lines.push({ mark: '+', text: visible(after[column++] ?? '') });
  }
  return lines;
}

/** Characters that nobody sees, or that turn others around, are named: a change may hide in them. */
const visible = (text: string): string =>
  text.replace(
    /[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad]/g,
    (hidden) => `⟨U+${(hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
