import type { Static, TObject, TSchema } from 'typebox';
import type { CallOptions } from '@missions/client/options.ts';
import type { MissionsClient } from '@missions/client/client.ts';

/** A JSON Schema (2020-12) of an object. */
export interface ParametersSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Record<string, unknown>>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** What a tool does to the world, as MCP's annotations say it. A retry of an idempotent one with the same arguments changes nothing more. */
export interface Effects {
  readonly readOnly: boolean;
  readonly destructive: boolean;
  readonly idempotent: boolean;
  /** It reaches people or systems outside. */
  readonly openWorld: boolean;
}

/** Whom a call is for; bound by the host, so that a model can neither forget nor change it. */
export interface Bound {
  readonly client: MissionsClient;
  /** Of this chat; undefined: the tools that record a conversation take it as an argument. */
  readonly conversationId: string | undefined;
  /** The place where the user answers a question, when the host has one. */
  readonly inputRequestUrl: ((question: { request_id: string; mission_id: string }) => string) | undefined;
  /** Handed through to the client's call that writes. */
  readonly write: Pick<CallOptions, 'signal' | 'idempotencyKey' | 'run'>;
  readonly signal: AbortSignal | undefined;
}

/** What a tool says: text for the model, and the API's answer for the host. */
export interface Said {
  readonly text: string;
  readonly data: unknown;
}

export interface ToolSpec<Parameters extends TObject = TObject> {
  readonly name: string;
  readonly title: string;
  /** Written for a model to choose by. */
  readonly description: string;
  readonly parameters: Parameters;
  readonly effects: Effects;
  /** @throws {MissionsError} */
  readonly run: (bound: Bound, args: Static<Parameters>) => Promise<Said>;
}

export const tool = <Parameters extends TObject<Record<string, TSchema>>>(spec: ToolSpec<Parameters>): ToolSpec =>
  spec as unknown as ToolSpec;
