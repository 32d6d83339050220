import { parser } from '@missions/contracts/schema.ts';
import type { ParametersSchema, ToolSpec } from './tool.ts';

/** The parameters as JSON Schema, without what the host has bound. Plain JSON: TypeBox's own marks are gone. */
export function parametersOf({ parameters }: ToolSpec, conversationBound: boolean): ParametersSchema {
  const { properties, required = [] } = JSON.parse(JSON.stringify(parameters)) as Partial<ParametersSchema>;
  const { conversation_id, ...others } = properties ?? {};
  return {
    type: 'object',
    properties: conversationBound || conversation_id === undefined ? others : { ...others, conversation_id },
    required,
    additionalProperties: false,
  };
}

const parsers = new Map<string, ReturnType<typeof parser>>();

/** The parser of a tool's arguments; compiled when it is first called. @throws {Problem} `VALIDATION_FAILED` from the parser. */
export function parserOf(spec: ToolSpec): ReturnType<typeof parser> {
  const made = parsers.get(spec.name) ?? parser(spec.parameters);
  parsers.set(spec.name, made);
  return made;
}
