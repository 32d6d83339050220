import type { MissionsClient } from '@missions/client/client.ts';
import { argumentsFor } from './invocation/arguments.ts';
import { errorHint } from './invocation/error-hints.ts';
import { aliases, specs } from './definitions/catalogue.ts';
import { parametersOf } from './parameters.ts';
import type { Bound, Effects, ParametersSchema, ToolSpec } from './tool.ts';

export { promptFragment } from './prompt-fragment.ts';

/** A tool as every form of it is made from: OpenAI's, Anthropic's, the AI SDK's, MCP's. */
export interface AgentTool {
  readonly name: string;
  readonly title: string;
  /** Written for a model to choose by. */
  readonly description: string;
  readonly parameters: ParametersSchema;
  readonly effects: Effects;
}

export interface ToolResult {
  readonly ok: boolean;
  /** `!ok`, as MCP and Anthropic name it. */
  readonly isError: boolean;
  /** For the model. What strangers and users wrote is only ever inside an untrusted envelope (showing/untrusted.ts). */
  readonly text: string;
  /** For the host, never for the model: the API's answer, or the problem. */
  readonly data: unknown;
}

export interface ToolOptions {
  readonly client: MissionsClient;
  /** Whom the agent acts for. Left out: the client's own. */
  readonly userId?: string;
  readonly agentId?: string;
  /** Recorded with what happens in this chat. Left out: the tools that record it take `conversation_id` as an argument. */
  readonly conversationId?: string;
  /** Every write is part of this run, and refused once its lease is another's. */
  readonly run?: { readonly id: string; readonly fence: number };
  /** Where the user answers a question, told to the model. */
  readonly questionUrl?: (question: { request_id: string; mission_id: string }) => string;
}

export interface ToolCallOptions {
  readonly signal?: AbortSignal;
  /** The same key with the same arguments does nothing twice, for 24 h: name the call by something that outlives the process. */
  readonly idempotencyKey?: string;
}

export interface Tools {
  readonly definitions: readonly AgentTool[];
  /** Never throws: whatever goes wrong is a text that tells the model how to mend its call. @param args an object, or its JSON text. */
  call(name: string, args: unknown, options?: ToolCallOptions): Promise<ToolResult>;
}

export function createTools({ client, userId, agentId, conversationId, run, questionUrl }: ToolOptions): Tools {
  const ours =
    userId === undefined && agentId === undefined
      ? client
      : client.for({ ...(userId !== undefined && { userId }), ...(agentId !== undefined && { agentId }) });
  const known = { user_id: userId, agent_id: agentId, conversation_id: conversationId };
  const definitions = specs.map((spec) => definitionOf(spec, conversationId !== undefined));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  return {
    definitions,
    async call(name, args, { signal, idempotencyKey } = {}) {
      const spec = byName.get(aliases[name] ?? name);
      if (!spec)
        return failed(
          `There is no tool "${name.slice(0, 100)}". The tools are: ${specs.map((one) => one.name).join(', ')}.`,
          { code: 'UNKNOWN_TOOL' },
        );
      const given = argumentsFor(spec, args, known);
      if ('fault' in given) return failed(given.fault, { code: 'VALIDATION_FAILED' });
      const write = {
        ...(signal && { signal }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(run && { run }),
      };
      const bound: Bound = { client: ours, conversationId, questionUrl, write, signal };
      try {
        return { ok: true, isError: false, ...(await spec.run(bound, given.args)) };
      } catch (error) {
        return failed(errorHint(error, spec.name, given.args), error);
      }
    },
  };
}

const failed = (text: string, data: unknown): ToolResult => ({ ok: false, isError: true, text, data });

function definitionOf(spec: ToolSpec, conversationBound: boolean): AgentTool {
  const { name, title, description, effects } = spec;
  return { name, title, description, effects, parameters: parametersOf(spec, conversationBound) };
}
