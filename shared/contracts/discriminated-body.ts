import { type TSchema, Type } from 'typebox';

/** Schema keyword of `discriminatedBody`: the name of the member. Other readers of the schema see a plain union. */
export const DISCRIMINATED_BY = 'x-chosen-by-member';

/**
 * A body of one of two shapes; only the first has the given member. Validated as a plain union, an invalid body would
 * get the errors of both shapes, most of them about the shape that the caller did not mean. The validation itself is in
 * schema.ts, so that the client can import the declarations without the validator.
 */
export const discriminatedBody = <First extends TSchema, Second extends TSchema>(
  member: string,
  first: First,
  second: Second,
) => Type.Union([first, second], { [DISCRIMINATED_BY]: member });
