import { type TSchema, Type } from 'typebox';

/** The keyword of `chosenByMember`. Other readers of the schema see a plain union. */
export const CHOICE = 'x-chosen-by-member';

/**
 * A body of one of two shapes, told apart by a member that only the first has. A plain union would report the mistakes of both shapes, most of
 * them about the one that was not meant. Apart from the validation that honours it, so that declaring a body, as the client does, brings no
 * validator along.
 */
export const chosenByMember = <First extends TSchema, Second extends TSchema>(
  member: string,
  first: First,
  second: Second,
) => Type.Union([first, second], { [CHOICE]: member });
