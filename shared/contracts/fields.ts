import { Type } from 'typebox';

/** Field schemas that many messages share. Lengths and ranges are specification section 3's. */

/** Postel's choice of offsets is accepted on the way in; what is stored and shown is UTC with `Z` and milliseconds. */
export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, e.g. 2027-01-31T09:00:00Z' });
export const Uuid = Type.String({ format: 'uuid' });
export const Identifier = Type.String({ minLength: 1, maxLength: 255 });
export const Title = Type.String({ minLength: 1, maxLength: 500 });
export const LongText = Type.String({ maxLength: 100_000 });
export const JsonObject = Type.Record(Type.String(), Type.Unknown(), { description: 'any JSON object' });
export const Order = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });
export const Cursor = Type.String({ minLength: 1, maxLength: 500, description: 'next_cursor of the page before' });

export const Nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

/** Strict: specification section 5 makes an unknown field an error, so that a misspelt one is never silently ignored. */
export const closed = { additionalProperties: false } as const;
