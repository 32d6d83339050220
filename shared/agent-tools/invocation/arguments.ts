import { Problem } from '@missions/contracts/errors.ts';
import { parser } from '@missions/contracts/schema.ts';
import { faultLine } from './error-hints.ts';
import type { ToolSpec } from '../tool.ts';

/**
 * Identities that the host has bound to the tools. A model that passes one of them as an argument must pass the same
 * value.
 */
export type BoundIds = Readonly<Record<'user_id' | 'agent_id' | 'conversation_id', string | undefined>>;

/** The validated arguments of a call, or a text for the model that says what is wrong with them. */
export type ParsedArguments = { readonly args: Record<string, unknown> } | { readonly fault: string };

export function parseArguments(spec: ToolSpec, sent: unknown, bound: BoundIds): ParsedArguments {
  const args = typeof sent === 'string' ? json(sent) : (sent ?? {});
  if (args === null || typeof args !== 'object' || Array.isArray(args))
    return { fault: `The arguments of ${spec.name} must be one JSON object, e.g. ${exampleOf(spec)}.` };
  const own: Record<string, unknown> = { ...args };
  for (const [name, value] of Object.entries(bound)) {
    if (own[name] === undefined || (value === undefined && name in spec.parameters.properties)) continue;
    if (own[name] !== null && own[name] !== value)
      return {
        fault: `Leave ${name} out of ${spec.name}: the host has set it for this conversation, and another cannot be named.`,
      };
    delete own[name];
  }
  try {
    return { args: parserOf(spec)(coerce(own, spec.parameters)) as Record<string, unknown> };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const faults = error.members.errors ?? [];
    const lines = faults.map(faultLine);
    return {
      fault: `${spec.name} was not called: its arguments are not valid.\n${lines.join('\n')}\nCorrect that and call it again.`,
    };
  }
}

function json(text: string): unknown {
  // Models that call a tool without arguments send an empty text.
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const parsers = new Map<string, ReturnType<typeof parser>>();

/**
 * The parser of a tool's arguments, compiled at the first call. @throws {Problem} `VALIDATION_FAILED` from the parser.
 */
function parserOf(spec: ToolSpec): ReturnType<typeof parser> {
  const compiled = parsers.get(spec.name) ?? parser(spec.parameters);
  parsers.set(spec.name, compiled);
  return compiled;
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
 * Converts a value to the type of its schema where models often send another one and the meaning is clear: `null` for
 * an absent member (OpenAI's strict mode has no other way), JSON text for an object or a list, "5" for 5, "true" for
 * true, one text for a list of texts. Every other value is left for the validation to refuse.
 */
function coerce(value: unknown, schema: Schema | undefined): unknown {
  if (schema === undefined) return value;
  if (schema.type === 'object') return coerceObject(parseJson(value, '{'), schema);
  if (schema.type === 'array') return coerceList(parseJson(value, '['), schema);
  if (typeof value !== 'string') return value;
  const plain = value.trim();
  if ((schema.type === 'number' || schema.type === 'integer') && /^-?\d+(\.\d+)?$/.test(plain)) return Number(plain);
  if (schema.type === 'boolean' && /^(true|false)$/i.test(plain)) return plain.toLowerCase() === 'true';
  return value;
}

function coerceObject(value: unknown, { properties }: Schema): unknown {
  // An object without declared members is passed on as it is, including nulls.
  if (properties === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null ? [] : [[name, coerce(member, properties[name])]],
    ),
  );
}

function coerceList(value: unknown, { items }: Schema): unknown {
  const list = typeof value === 'string' && items?.type === 'string' ? [value] : value;
  return Array.isArray(list) ? list.map((item) => coerce(item, items)) : list;
}

function parseJson(value: unknown, opening: '{' | '['): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
