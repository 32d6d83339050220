import type { MissionsClient } from '@missions/client/client.ts';
import type { KeyScope } from '@missions/contracts/key-scopes.ts';
import { parseArguments } from './invocation/arguments.ts';
import { errorHint } from './invocation/error-hints.ts';
import { quoted } from './rendering/quoting.ts';
import { promptFragment } from './prompt-fragment.ts';
import { aliases, specs } from './definitions/catalogue.ts';
import type { Effects, ParametersSchema, ToolContext, ToolSpec } from './tool.ts';

export { promptFragment };

/** The definition of a tool, from which the formats of OpenAI, Anthropic, the AI SDK and MCP are made. */
export interface AgentTool {
  readonly name: string;
  readonly title: string;
  /** Written for the model that chooses the tool. */
  readonly description: string;
  readonly parameters: ParametersSchema;
  readonly effects: Effects;
}

export interface ToolResult {
  readonly ok: boolean;
  /** `!ok`, the name in MCP and Anthropic's API. */
  readonly isError: boolean;
  /** For the model. Text of strangers and users is always inside an untrusted envelope or in quotation marks (rendering/quoting.ts). */
  readonly text: string;
  /** For the host, never for the model: the response of the API, or the error. */
  readonly data: unknown;
}

export interface ToolOptions {
  readonly client: MissionsClient;
  /** The user that the agent acts for; default: that of the client. */
  readonly userId?: string;
  readonly agentId?: string;
  /**
   * Recorded with the changes of this conversation. Without it, the tools that record a conversation take
   * `conversation_id` as an argument.
   */
  readonly conversationId?: string;
  /** Makes every write part of this run; writes are refused once the run has lost its lease. */
  readonly run?: { readonly id: string; readonly fence: number };
  /** The address where the user responds to an input request; the model passes it on. */
  readonly inputRequestUrl?: (request: { request_id: string; mission_id: string }) => string;
  /** Those of the agent's key, if it has not all of them: other tools are not offered, because the gateway would refuse them. */
  readonly scopes?: readonly KeyScope[];
}

export interface ToolCallOptions {
  readonly signal?: AbortSignal;
  /**
   * A second call with the same key and arguments has no further effect, for 24 h. Derive the key from an id that
   * outlives the process.
   */
  readonly idempotencyKey?: string;
}

export interface Tools {
  readonly definitions: readonly AgentTool[];
  /** `promptFragment`, and which of the tools that it speaks of are not offered here. */
  readonly prompt: string;
  /**
   * Never throws: every failure becomes a text that tells the model how to correct its call. @param args an object, or
   * its JSON text.
   */
  call(name: string, args: unknown, options?: ToolCallOptions): Promise<ToolResult>;
}

export function createTools({
  client,
  userId,
  agentId,
  conversationId,
  run,
  inputRequestUrl,
  scopes,
}: ToolOptions): Tools {
  const actingClient =
    userId === undefined && agentId === undefined
      ? client
      : client.for({ ...(userId !== undefined && { userId }), ...(agentId !== undefined && { agentId }) });
  const boundIds = { user_id: userId, agent_id: agentId, conversation_id: conversationId };
  const isOffered = ({ scope }: ToolSpec): boolean => !scopes || scopes.includes(scope);
  const offered = specs.filter(isOffered);
  const definitions = offered.map((spec) => definitionOf(spec, conversationId !== undefined));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  return {
    definitions,
    prompt: promptFragment + notOffered(specs.filter((spec) => !isOffered(spec))),
    async call(name, args, { signal, idempotencyKey } = {}) {
      const spec = byName.get(aliases[name] ?? name);
      if (!spec)
        return failed(
          `There is no tool ${quoted(name, 100)}. The tools are: ${offered.map((one) => one.name).join(', ')}.`,
          { code: 'UNKNOWN_TOOL' },
        );
      if (!isOffered(spec))
        return failed(
          `${spec.name} is not offered: this agent's key has no scope "${spec.scope}". Do not repeat it; ` +
            `tell the user that the agent's operator has to give it such a key.`,
          { code: 'SCOPE_REQUIRED' },
        );
      const parsed = parseArguments(spec, args, boundIds);
      if ('fault' in parsed) return failed(parsed.fault, { code: 'VALIDATION_FAILED' });
      const write = {
        ...(signal && { signal }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(run && { run }),
      };
      const context: ToolContext = { client: actingClient, conversationId, inputRequestUrl, write, signal };
      try {
        return { ok: true, isError: false, ...(await spec.run(context, parsed.args)) };
      } catch (error) {
        return failed(errorHint(error, spec.name, parsed.args), error);
      }
    },
  };
}

const notOffered = (missing: readonly ToolSpec[]): string =>
  missing.length === 0
    ? ''
    : `\n\nYou do not have here: ${missing.map(({ name }) => name).join(', ')}. Where that is needed, say that you cannot do it.`;

const failed = (text: string, data: unknown): ToolResult => ({ ok: false, isError: true, text, data });

function definitionOf(spec: ToolSpec, conversationBound: boolean): AgentTool {
  const { name, title, description, effects } = spec;
  return { name, title, description, effects, parameters: parametersOf(spec, conversationBound) };
}

/** Keywords by which a call is validated in any case, with a text that mends it; they would cost tokens in every turn. */
const unsaid = new Set(['additionalProperties', 'patternProperties', 'minimum', 'maximum']);
function lean<Part>(part: Part): Part {
  if (Array.isArray(part) || typeof part !== 'object' || part === null) return part;
  const members = Object.entries(part).filter(([name]) => !unsaid.has(name));
  return Object.fromEntries(members.map(([name, value]) => [name, lean(value as unknown)])) as Part;
}

/**
 * The parameters as plain JSON Schema, without TypeBox's own marks, and without the conversation if the host has bound
 * one.
 */
function parametersOf({ parameters, unoffered = [] }: ToolSpec, conversationBound: boolean): ParametersSchema {
  const { properties = {}, required = [] } = JSON.parse(JSON.stringify(parameters)) as Partial<ParametersSchema>;
  const offered = Object.entries(properties)
    .filter(([name]) => !unoffered.includes(name))
    .map(([name, property]) => [name, lean(property)] as const);
  const { conversation_id, ...others }: ParametersSchema['properties'] = Object.fromEntries(offered);
  return {
    type: 'object',
    properties: conversationBound || conversation_id === undefined ? others : { ...others, conversation_id },
    required,
    additionalProperties: false,
  };
}
