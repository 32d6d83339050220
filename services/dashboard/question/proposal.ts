import { type Preview, previewsOf } from './previews.ts';
import type { Question } from './outcome.ts';

type Action = NonNullable<Question['action']>;
type Edits = NonNullable<Question['edits']>;
export type EditableField = Edits['properties'][string];

/** An action as what it is: a mail that stands in it as a mail, a change as a change, the rest as fields. */
export function previewsOfAction({ type, ...rest }: Action): { type: string; previews: Preview[] } {
  const isMail = typeof rest['subject'] === 'string' && typeof rest['body'] === 'string';
  return { type, previews: previewsOf(isMail ? { mail: rest } : rest) };
}

export interface Editing {
  readonly name: string;
  readonly field: EditableField;
  /** As it is written in a form. */
  readonly proposed: string;
}

export const editingOf = ({ action, edits }: Question): Editing[] =>
  action && edits
    ? Object.entries(edits.properties).map(([name, field]) => ({ name, field, proposed: written(action[name]) }))
    : [];

/** Lists have one text in each line. */
const written = (value: unknown): string =>
  Array.isArray(value) ? value.join('\n') : typeof value === 'string' ? value : JSON.stringify(value);

/** What was changed, as the server takes it; a number that is none is sent as it was typed, and refused with a reason. */
export function editsOf(editing: readonly Editing[], typed: ReadonlyMap<string, string>): Record<string, unknown> {
  const changed = editing.filter(({ name, proposed }) => (typed.get(name) ?? proposed) !== proposed);
  return Object.fromEntries(changed.map(({ name, field }) => [name, valueOf(field, typed.get(name) ?? '')]));
}

function valueOf({ type, enum: choices }: EditableField, text: string): unknown {
  if (choices) return choices.find((choice) => String(choice) === text) ?? text;
  switch (type) {
    case 'number':
    case 'integer':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === 'true';
    case 'array':
      return text.split('\n').flatMap((line) => line.trim() || []);
    case 'string':
      return text;
    default:
      return type satisfies never;
  }
}

const REFUSALS = ['reject', 'refuse', 'deny', 'decline', 'cancel', 'no'];
const refuses = (id: string): boolean => REFUSALS.includes(id.toLowerCase());

/** Whether the option lets it be done; by the rule of the server, whose spec has the same table. */
export function approves({ action, options }: Pick<Question, 'action' | 'options'>, id: string): boolean {
  if (!action) return !refuses(id);
  const ids = options.map((option) => option.id);
  const approving = ids.find((one) => one === 'approve') ?? ids.find((one) => one === 'yes');
  return id === (approving ?? ids.find((one) => !refuses(one)));
}
