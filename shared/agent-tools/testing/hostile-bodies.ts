import { operations } from '@missions/contracts/rest/operations.ts';

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Values for paths that do not take any text; `undefined` leaves a member out. A path is like `.tasks[].title`. */
export type Given = Readonly<Record<string, unknown>>;

const bodies = operations.flatMap(({ id, body }) => (body ? [{ id, body: body as Schema }] : []));

/** The shapes of an operation's body: one, or one for each member of a union. */
const shapesOf = (schema: Schema): readonly Schema[] => schema.anyOf ?? [schema];

/** Paths of the texts that a caller may write freely, in the body of any operation: `createMission.title`. */
export const writablePaths = (): string[] => [
  ...new Set(bodies.flatMap(({ id, body }) => shapesOf(body).flatMap((shape) => textPaths(shape, id)))),
];

function textPaths(schema: Schema, path: string): string[] {
  if (schema.anyOf) return schema.anyOf.flatMap((one) => textPaths(one, path));
  if (schema.enum || schema.format) return [];
  if (schema.type === 'string') return [path];
  if (schema.type === 'array' && schema.items) return textPaths(schema.items, `${path}[]`);
  if (schema.type !== 'object') return [];
  if (!schema.properties) return [`${path}{}`];
  return Object.entries(schema.properties).flatMap(([name, member]) => textPaths(member, `${path}.${name}`));
}

/**
 * The bodies of an operation with `text` in every member that takes a text, one body for each shape. Notes in `filled`
 * which paths got it.
 */
export function bodiesWith(id: string, text: string, given: Given, filled: Set<string>): any[] {
  const body = bodies.find((one) => one.id === id)?.body;
  if (!body) throw new Error(`the operation ${id} has no body`);
  return shapesOf(body).map((shape) => valueOf(shape, ''));

  function valueOf(schema: Schema, path: string): unknown {
    if (path in given) return given[path];
    if (schema.anyOf) return valueOf(schema.anyOf[0] ?? {}, path);
    if (schema.enum || schema.format) return undefined;
    if (schema.type === 'string') {
      filled.add(id + path);
      return text.slice(0, schema.maxLength);
    }
    if (schema.type === 'array') {
      const item = valueOf(schema.items ?? {}, `${path}[]`);
      return item === undefined ? undefined : [item];
    }
    if (schema.type !== 'object') return undefined;
    if (!schema.properties) {
      filled.add(`${id}${path}{}`);
      return { [text]: text };
    }
    const members = Object.entries(schema.properties).map(([name, member]) => [
      name,
      valueOf(member, `${path}.${name}`),
    ]);
    return Object.fromEntries(members.filter(([, value]) => value !== undefined));
  }
}
