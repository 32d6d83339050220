import type { ParametersSchema } from '../tool.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly additionalProperties?: false;
}

/**
 * The subset of JSON Schema that strict modes take: closed objects, no free ones, no bounds. A free object becomes JSON text, which `call` reads again;
 * bounds are left to the call, whose answer names them.
 * @param allRequired OpenAI's: every member is required, and one that may be left out may be null instead.
 */
export function strictly(schema: ParametersSchema, allRequired: boolean): Schema {
  return strict(schema as unknown as Schema, allRequired);
}

function strict(schema: Schema, allRequired: boolean): Schema {
  const { type, description, properties, items, required = [] } = schema;
  const said = description === undefined ? {} : { description };
  if (type === 'object' && !properties)
    return { type: 'string', description: `${description ? `${description}; ` : ''}a JSON object, as text` };
  if (type === 'object') {
    const members = Object.entries(properties ?? {}).map(([name, member]): [string, Schema] => {
      const inner = strict(member, allRequired);
      return [name, allRequired && !required.includes(name) ? nullable(inner) : inner];
    });
    return {
      type,
      ...said,
      properties: Object.fromEntries(members),
      required: allRequired ? members.map(([name]) => name) : required,
      additionalProperties: false,
    };
  }
  if (type === 'array') return { type, ...said, items: strict(items ?? { type: 'string' }, allRequired) };
  return { ...(type !== undefined && { type }), ...said, ...(schema.enum && { enum: schema.enum }) };
}

const nullable = (schema: Schema): Schema => ({
  ...schema,
  type: [schema.type as string, 'null'],
  ...(schema.enum && { enum: [...schema.enum, null] }),
});
