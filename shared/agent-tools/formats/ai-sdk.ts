import { jsonSchema, type Tool, tool } from 'ai';
import type { Tools } from '../tools.ts';

export interface AiSdkOptions {
  /**
   * Prefix of the calls' idempotency keys, e.g. the id of a run or a turn that outlives the process. Without it, calls
   * have no such key.
   */
  readonly idempotencyPrefix?: string;
}

/**
 * `tools` of the AI SDK (`generateText`, `streamText`), executable. A failure is returned as text for the model;
 * nothing is thrown.
 */
export function aiSdkTools(
  { definitions, call }: Tools,
  { idempotencyPrefix }: AiSdkOptions = {},
): Record<string, Tool<unknown, string>> {
  return Object.fromEntries(
    definitions.map(({ name, description, parameters }) => [
      name,
      tool<unknown, string, Record<string, unknown>>({
        description,
        inputSchema: jsonSchema(parameters as unknown as Parameters<typeof jsonSchema>[0]),
        execute: async (args, { abortSignal, toolCallId }) => {
          const key = idempotencyPrefix === undefined ? {} : { idempotencyKey: `${idempotencyPrefix}:${toolCallId}` };
          const { text } = await call(name, args, { ...(abortSignal && { signal: abortSignal }), ...key });
          return text;
        },
      }),
    ]),
  );
}
