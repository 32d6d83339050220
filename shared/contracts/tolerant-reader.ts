import type { TSchema } from 'typebox';

/**
 * Schema keywords that a later version may change without breaking a reader of this version: vocabularies and bounds.
 */
const loosened = new Set([
  'enum',
  'additionalProperties',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
]);

/**
 * The reader's form of a writer's schema. Old and new versions of the services run side by side, so a reader must
 * accept the messages of a newer writer: it requires the members that it knows and their JSON types, nothing else.
 */
export function tolerantReader<Schema extends TSchema>(schema: Schema): Schema {
  return loose(schema) as Schema;
}

function loose(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(loose);
  if (node === null || typeof node !== 'object') return node;
  const { properties, ...rest } = node as { properties?: Record<string, unknown>; enum?: readonly unknown[] };
  const words = rest.enum?.every((word) => typeof word === 'string') ? { type: 'string' } : {};
  const kept = Object.entries(rest).filter(([keyword]) => !loosened.has(keyword) && keyword !== '$id');
  return {
    ...words,
    ...Object.fromEntries(kept.map(([keyword, value]) => [keyword, loose(value)])),
    // Handled apart from the keywords, because a member may itself be named `format` or `pattern`.
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, loose(value)])),
    }),
  };
}
