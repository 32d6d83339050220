import type { Static, TObject, TSchema } from 'typebox';
import type { KeyScope } from '@missions/contracts/key-scopes.ts';
import type { CallOptions } from '@missions/client/options.ts';
import type { MissionsClient } from '@missions/client/client.ts';

/** A JSON Schema (2020-12) of an object. Frameworks take it as their `JSONSchema7`, whose lists are not readonly. */
export interface ParametersSchema {
  readonly type: 'object';
  readonly properties: Record<string, object>;
  readonly required: string[];
  readonly additionalProperties: false;
}

/**
 * Effects of a tool, as in MCP's annotations. Repeating an idempotent tool with the same arguments has no further
 * effect.
 */
export interface Effects {
  readonly readOnly: boolean;
  readonly destructive: boolean;
  readonly idempotent: boolean;
  /** The tool reaches people or systems outside. */
  readonly openWorld: boolean;
}

/** The context of a call. The host binds it, so that a model can neither omit nor change the identities in it. */
export interface ToolContext {
  readonly client: MissionsClient;
  /** Id of the conversation; undefined if the tools that record a conversation take it as an argument. */
  readonly conversationId: string | undefined;
  /** The address where the user responds to an input request, if the host has one. */
  readonly inputRequestUrl: ((request: { request_id: string; mission_id: string }) => string) | undefined;
  /** Options of the client's call, for tools that write. */
  readonly write: Pick<CallOptions, 'signal' | 'idempotencyKey' | 'run'>;
  readonly signal: AbortSignal | undefined;
}

/** The output of a tool: text for the model, and the response of the API for the host. */
export interface ToolOutput {
  readonly text: string;
  readonly data: unknown;
}

export interface ToolSpec<Parameters extends TObject = TObject> {
  readonly name: string;
  readonly title: string;
  /** Written for the model that chooses the tool. */
  readonly description: string;
  readonly parameters: Parameters;
  /** Parameters that are accepted, and not offered: another way is enough, and each word costs tokens in every turn. */
  readonly unoffered?: readonly string[];
  readonly effects: Effects;
  /** What an agent's key needs for it: the scope of the operations that it calls. */
  readonly scope: KeyScope;
  /** @throws {MissionsError} */
  readonly run: (context: ToolContext, args: Static<Parameters>) => Promise<ToolOutput>;
}

export const tool = <Parameters extends TObject<Record<string, TSchema>>>(spec: ToolSpec<Parameters>): ToolSpec =>
  spec as unknown as ToolSpec;
