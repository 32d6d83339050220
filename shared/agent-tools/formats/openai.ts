import type { AgentTool } from '../tools.ts';
import { toStrictSchema } from './strict.ts';

/**
 * `tools` of OpenAI's chat completions, and of whatever speaks their protocol. @param strict every call then fits the
 * schema; not every compatible server knows it.
 */
export const openAiTools = (definitions: readonly AgentTool[], { strict = false }: { strict?: boolean } = {}) =>
  definitions.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    function: {
      name,
      description,
      parameters: strict ? toStrictSchema(parameters, true) : parameters,
      ...(strict && { strict }),
    },
  }));

/** `tools` of OpenAI's responses API: the same, one level flatter. Its default is strict, so it is said either way. */
export const openAiResponsesTools = (
  definitions: readonly AgentTool[],
  { strict = false }: { strict?: boolean } = {},
) =>
  definitions.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    name,
    description,
    parameters: strict ? toStrictSchema(parameters, true) : parameters,
    strict,
  }));
