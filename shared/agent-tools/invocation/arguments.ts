import { Problem } from '@missions/contracts/errors.ts';
import { parserOf } from '../parameters.ts';
import { inLine } from '../rendering/lines.ts';
import type { ToolSpec } from '../tool.ts';

/** What the host has bound; a model that names it as well must name the same. */
export type Known = Readonly<Record<'user_id' | 'agent_id' | 'conversation_id', string | undefined>>;

/** The arguments of a call, checked; or what is wrong with them, for the model. */
export type Given = { readonly args: Record<string, unknown> } | { readonly fault: string };

export function argumentsFor(spec: ToolSpec, sent: unknown, known: Known): Given {
  const args = typeof sent === 'string' ? json(sent) : (sent ?? {});
  if (args === null || typeof args !== 'object' || Array.isArray(args))
    return { fault: `The arguments of ${spec.name} must be one JSON object, e.g. ${exampleOf(spec)}.` };
  const own: Record<string, unknown> = { ...args };
  for (const [name, value] of Object.entries(known)) {
    if (own[name] === undefined || (value === undefined && name in spec.parameters.properties)) continue;
    if (own[name] !== null && own[name] !== value)
      return {
        fault: `Leave ${name} out of ${spec.name}: the host has set it for this conversation, and another cannot be named.`,
      };
    delete own[name];
  }
  try {
    return { args: parserOf(spec)(coerced(own, spec.parameters)) as Record<string, unknown> };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const faults = error.members.errors ?? [];
    const lines = faults.map(
      ({ path, message }) => `- ${inLine(path.replace(/^\//, ''), 100) || 'arguments'}: ${inLine(message, 600)}`,
    );
    return {
      fault: `${spec.name} was not called: its arguments are not valid.\n${lines.join('\n')}\nCorrect that and call it again.`,
    };
  }
}

function json(text: string): unknown {
  // Models that call a tool without arguments send nothing at all.
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const exampleOf = ({ parameters }: ToolSpec): string => {
  const { required = [] } = parameters as { required?: readonly string[] };
  return `{${required.map((name) => `"${name}": …`).join(', ')}}`;
};

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
