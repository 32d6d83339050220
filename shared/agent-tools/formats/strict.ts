import type { ParametersSchema } from '../tool.ts';

export interface StrictSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, StrictSchema>>;
  readonly required?: readonly string[];
  readonly items?: StrictSchema;
  readonly enum?: readonly unknown[];
  readonly additionalProperties?: false;
}

/**
 * Converts a schema to the subset that strict modes accept: closed objects only, and no bounds. An open object becomes
 * JSON text, which `call` parses again; bounds are left to the validation of the call.
 * @param allRequired for OpenAI: every member is required, and an optional one may be null instead
 */
export function toStrictSchema(schema: ParametersSchema, allRequired: boolean): StrictSchema {
  return strict(schema as unknown as StrictSchema, allRequired);
}

function strict(schema: StrictSchema, allRequired: boolean): StrictSchema {
  const { type, description, properties, items, required = [] } = schema;
  const described = description === undefined ? {} : { description };
  if (type === 'object' && !properties)
    return { type: 'string', description: `${description ? `${description}; ` : ''}a JSON object, as text` };
  if (type === 'object') {
    const members = Object.entries(properties ?? {}).map(([name, member]): [string, StrictSchema] => {
      const inner = strict(member, allRequired);
      return [name, allRequired && !required.includes(name) ? nullable(inner) : inner];
    });
    return {
      type,
      ...described,
      properties: Object.fromEntries(members),
      required: allRequired ? members.map(([name]) => name) : required,
      additionalProperties: false,
    };
  }
  if (type === 'array') return { type, ...described, items: strict(items ?? { type: 'string' }, allRequired) };
  return { ...(type !== undefined && { type }), ...described, ...(schema.enum && { enum: schema.enum }) };
}

const nullable = (schema: StrictSchema): StrictSchema => ({
  ...schema,
  type: [schema.type as string, 'null'],
  ...(schema.enum && { enum: [...schema.enum, null] }),
});
