import { Type } from 'typebox';
import { errorCodes } from '../errors.ts';

/** RFC 9457, with the stable `code` and, for bad input, what is wrong where. Media type `application/problem+json`. */
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
