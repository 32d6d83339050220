/** JSON of an agent, as a person reads it: words, a list, or fields with names. */
export type Content =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Content[] }
  | { readonly kind: 'fields'; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly content: Content;
}

/** Deeper nesting is shown as JSON: fields within fields would be a column of one letter. */
const MAX_DEPTH = 5;

export function contentOf(value: unknown, depth = 0): Content {
  if (Array.isArray(value) && value.length > 0 && depth < MAX_DEPTH)
    return { kind: 'list', items: value.map((item) => contentOf(item, depth + 1)) };
  if (isFilledObject(value) && depth < MAX_DEPTH) return { kind: 'fields', fields: fieldsOf(value, depth + 1) };
  return { kind: 'text', text: textOf(value) };
}

export const fieldsOf = (object: Readonly<Record<string, unknown>>, depth = 0): Field[] =>
  Object.entries(object).map(([name, value]) => ({ name: nameOf(name), content: contentOf(value, depth) }));

const isFilledObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;

function textOf(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '–' : value;
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object' && Object.keys(value).length === 0) return '–';
  return typeof value === 'number' ? String(value) : JSON.stringify(value, null, 2);
}

/** `total_cost` and `totalCost` are read as words. Names of another form stay as they are. */
export function nameOf(name: string): string {
  if (!/^[a-z][a-zA-Z0-9_]*$/.test(name)) return name === '' ? '–' : name;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .split('_')
    .filter((word) => word !== '')
    .join(' ');
  return (
    words.charAt(0).toUpperCase() +
    words.slice(1).replace(/ ([A-Z])(?=[a-z])/g, (_, letter: string) => ` ${letter.toLowerCase()}`)
  );
}
