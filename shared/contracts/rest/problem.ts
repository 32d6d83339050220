import { Type } from 'typebox';
import { errorCodes } from '../errors.ts';

/**
 * A problem document (RFC 9457) with a stable `code` and, for invalid input, one entry in `errors` per mistake. Media
 * type `application/problem+json`.
 */
export const ProblemDocument = Type.Object(
  {
    type: Type.String({ description: 'urn:missions:problem:<code>' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'what was wrong and how to mend the call' }),
    code: Type.Enum([...errorCodes]),
    request_id: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { $id: 'Problem' },
);
