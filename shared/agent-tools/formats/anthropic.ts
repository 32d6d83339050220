import type { AgentTool } from '../tools.ts';
import { toStrictSchema } from './strict.ts';

/**
 * `tools` of Anthropic's messages. A result goes back as `tool_result` with `content: text` and `is_error: isError`.
 */
export const anthropicTools = (definitions: readonly AgentTool[], { strict = false }: { strict?: boolean } = {}) =>
  definitions.map(({ name, description, parameters }) => ({
    name,
    description,
    input_schema: strict ? toStrictSchema(parameters, false) : parameters,
    ...(strict && { strict }),
  }));
