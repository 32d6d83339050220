import { Problem } from '@missions/contracts/errors.ts';
import { parserOf } from '../parameters.ts';
import { inLine } from '../rendering/lines.ts';
import type { ToolSpec } from '../tool.ts';
import { coerced } from './coerce.ts';

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
