import { jsonSchema, type JSONSchema7, tool, type ToolSet } from 'ai';
import type { AgentTool, Tools } from '@missions/agent-tools/tools.ts';

export interface Called {
  readonly name: string;
  readonly ok: boolean;
}

export interface NamedCall {
  readonly idempotencyKey?: string;
  /** The same, in the form that its name stands for. */
  readonly args: unknown;
}

export interface ToolSetOptions {
  /** All, unless said. */
  readonly offers?: (definition: AgentTool) => boolean;
  /** Names a call by what outlives this process, so that its effect happens once. */
  readonly named?: (name: string, args: unknown) => NamedCall;
}

/** What a tool refused: the text tells the model how to mend its call. */
export class Refused extends Error {
  /** The library shows it to the model so. */
  override toString(): string {
    return this.message;
  }
}

/**
 * The tools of the missions as the model library takes them. Arguments are not validated here: the tools do that themselves, with texts that a model can
 * act on. What they refuse is thrown, because the library then marks it as an error on the wire, where the protocol has a mark for it.
 */
export function toolSet(
  tools: Tools,
  { offers = () => true, named = (_name, args) => ({ args }) }: ToolSetOptions = {},
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
          if (!ok) throw new Refused(text);
          return text;
        },
      }),
    ]),
  );
}
