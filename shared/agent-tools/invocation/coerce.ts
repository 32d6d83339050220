interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly patternProperties?: unknown;
}

/**
 * The value as it was surely meant, by its schema: what models get wrong without being wrong. `null` for "not given" (OpenAI's strict mode can
 * say it in no other way), JSON text where an object or a list belongs, "5" for 5, "true" for true, one text where a list of texts belongs.
 * Everything else is left as it is, for the validation to name.
 */
export function coerced(value: unknown, schema: Schema | undefined): unknown {
  if (schema === undefined) return value;
  if (schema.type === 'object') return ofObject(parsed(value, '{'), schema);
  if (schema.type === 'array') return ofList(parsed(value, '['), schema);
  if (typeof value !== 'string') return value;
  const plain = value.trim();
  if ((schema.type === 'number' || schema.type === 'integer') && /^-?\d+(\.\d+)?$/.test(plain)) return Number(plain);
  if (schema.type === 'boolean' && /^(true|false)$/i.test(plain)) return plain.toLowerCase() === 'true';
  return value;
}

function ofObject(value: unknown, { properties }: Schema): unknown {
  // A free object is the caller's own, nulls included.
  if (properties === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null ? [] : [[name, coerced(member, properties[name])]],
    ),
  );
}

function ofList(value: unknown, { items }: Schema): unknown {
  const list = typeof value === 'string' && items?.type === 'string' ? [value] : value;
  return Array.isArray(list) ? list.map((item) => coerced(item, items)) : list;
}

function parsed(value: unknown, opening: '{' | '['): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
