import { jsonSchema, type JSONSchema7, tool, type ToolSet } from 'ai';
import type { AgentTool, Tools } from '@missions/agent-tools/tools.ts';

export interface Called {
  readonly name: string;
  readonly ok: boolean;
}

export interface NamedCall {
  readonly idempotencyKey?: string;
  /** The same arguments, in the form that the name stands for. */
  readonly args: unknown;
}

export interface ToolSetOptions {
  /** Selects the tools that are offered; default: all. */
  readonly offers?: (definition: AgentTool) => boolean;
  /** Names a call by something that outlives this process, so that its effect happens once. */
  readonly named?: (name: string, args: unknown) => NamedCall;
  /** What the model is told with the next result, whatever it called; '' if there is nothing. */
  readonly news?: () => string;
}

/** A tool's refusal. The text tells the model how to correct its call. */
export class Refused extends Error {
  /** The library shows the error to the model in this form. */
  override toString(): string {
    return this.message;
  }
}

/**
 * The tools of the missions in the form of the model library. Arguments are not validated here: the tools do that
 * themselves, with texts that a model can act on. A refusal is thrown, because the library then marks it as an error on
 * the wire, where the protocol has a mark for errors.
 */
export function toolSet(
  tools: Tools,
  { offers = () => true, named = (_name, args) => ({ args }), news = () => '' }: ToolSetOptions = {},
): ToolSet {
  return Object.fromEntries(
    tools.definitions.filter(offers).map(({ name, description, parameters }) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema(parameters as unknown as JSONSchema7),
        execute: async (given: unknown, { abortSignal }) => {
          const { args, ...key } = named(name, given);
          const { ok, text } = await tools.call(name, args, { ...key, ...(abortSignal && { signal: abortSignal }) });
          const told = text + news();
          if (!ok) throw new Refused(told);
          return told;
        },
      }),
    ]),
  );
}
