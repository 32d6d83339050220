type Schema = Record<string, unknown>;

/** Moves schemas that have an `$id` to the components of a document (OpenAPI's and AsyncAPI's alike), wherever they are nested, and refers to them by name. */
export function component(schema: unknown, schemas: Record<string, Schema>): Schema {
  if (Array.isArray(schema)) return schema.map((item) => component(item, schemas)) as unknown as Schema;
  if (schema === null || typeof schema !== 'object') return schema as unknown as Schema;
  const { $id, ...rest } = schema as Schema;
  const plain = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, component(value, schemas)]));
  if (typeof $id !== 'string') return plain;
  schemas[$id] = plain;
  return { $ref: `#/components/schemas/${$id}` };
}
