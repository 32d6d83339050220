import { Type } from 'typebox';

/** Field schemas that many messages share. Lengths and ranges are those of specification section 3. */

/** Any offset is accepted in input; stored and returned times are UTC with `Z` and milliseconds. */
export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, e.g. 2027-01-31T09:00:00Z' });
export const Uuid = Type.String({ format: 'uuid' });
export const Identifier = Type.String({ minLength: 1, maxLength: 255 });
export const Title = Type.String({ minLength: 1, maxLength: 500 });
export const LongText = Type.String({ maxLength: 100_000 });
export const JsonObject = Type.Record(Type.String(), Type.Unknown(), { description: 'any JSON object' });
export const Order = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });
export const Cursor = Type.String({ minLength: 1, maxLength: 500, description: 'next_cursor of the previous page' });

export const Nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

/** An unknown field is an error (specification section 5), so that a misspelt field is never silently ignored. */
export const closed = { additionalProperties: false } as const;
