import { jsonSchema, type Tool, tool } from 'ai';
import type { Tools } from '../tools.ts';

export interface AiSdkOptions {
  /** Of the key under which a tool call does nothing twice: name a run or a turn that outlives the process, and the same call of it is one. */
  readonly idempotencyPrefix?: string;
}

/** `tools` of the AI SDK (`generateText`, `streamText`), ready to run. A failure is a text for the model too: nothing is thrown. */
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
