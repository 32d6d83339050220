import { type TProperties, Type } from 'typebox';

/**
 * Fields of the tools' parameters. They say less than the API's schemas: every word costs tokens in every turn of a
 * model, and the gateway checks lengths and ranges anyway. A bound is given only where a model could not guess it.
 */
export const object = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

/**
 * An enumeration with an explicit `type`, which the strict subsets of OpenAI and Anthropic require and `Type.Enum` does
 * not produce.
 */
export const oneOf = <const Values extends readonly string[]>(values: Values, description?: string) =>
  Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...(description !== undefined && { description }) });

export const text = (description?: string) => Type.String(description === undefined ? {} : { description });
export const optionalText = (description?: string) => Type.Optional(text(description));
export const flag = (description: string) => Type.Optional(Type.Boolean({ description }));
export const hours = (description: string) => Type.Optional(Type.Number({ description }));
export const texts = (description: string) => Type.Array(Type.String(), { description });
export const anyObject = (description: string) =>
  Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description }));

export const missionId = Type.String();
export const taskId = Type.String();
export const dueAt = optionalText('RFC 3339');
/** Offered only if the host has bound no conversation (see `parametersOf` in tools.ts). */
export const conversation = {
  conversation_id: optionalText('same for the whole conversation'),
};
