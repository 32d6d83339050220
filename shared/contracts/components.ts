type Schema = Record<string, unknown>;

/**
 * Replaces every nested schema that has an `$id` by a reference, and adds it to `schemas`, the component schemas of an
 * OpenAPI or AsyncAPI document.
 */
export function component(schema: unknown, schemas: Record<string, Schema>): Schema {
  if (Array.isArray(schema)) return schema.map((item) => component(item, schemas)) as unknown as Schema;
  if (schema === null || typeof schema !== 'object') return schema as unknown as Schema;
  const { $id, ...rest } = schema as Schema;
  const plain = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, component(value, schemas)]));
  if (typeof $id !== 'string') return plain;
  schemas[$id] = plain;
  return { $ref: `#/components/schemas/${$id}` };
}
