import { type Static, Type } from 'typebox';
import { closed, Cursor, Nullable, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';
import {
  InputResponse,
  AskedInputRequest,
  InputRequest,
  InputRequestPage,
  inputRequestStatuses,
  Response,
} from './input-request.ts';

/**
 * Input requests are listed with the most urgent and newest first. Without a user, the filter must name a mission (for
 * agents).
 */
export const InputRequestFilter = Type.Object(
  {
    status: Type.Optional(Type.Array(Type.Enum([...inputRequestStatuses]), { minItems: 1 })),
    mission_id: Type.Optional(Uuid),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Cursor),
  },
  closed,
);
export type InputRequestFilter = Static<typeof InputRequestFilter>;

const one = { request_id: Uuid, mission_id: Type.Optional(Uuid) };

/**
 * The same upsert as by the event, done before the caller of `askUser` gets its response, so that it can read its own
 * write.
 */
export const ensureInputRequest = defineRequest('approval', 'ensure', AskedInputRequest, InputRequest);
export const getInputRequest = defineRequest('approval', 'get', Type.Object(one), InputRequest);
export const listInputRequests = defineRequest('approval', 'list', InputRequestFilter, InputRequestPage);
/** The caller must be a signed-in user (`caller.kind`), and the input request must be that user's. */
export const respondInputRequest = defineRequest(
  'approval',
  'respond',
  Type.Object({ ...one, answer: InputResponse }),
  InputRequest,
);

/**
 * Whether an input request came to exactly that end. The mission service asks it about an event without a valid seal
 * (published by an older version, or by nobody who may) before it believes the event. Changes nothing.
 */
export const confirmOutcome = defineRequest(
  'approval',
  'confirm',
  Type.Object({
    request_id: Uuid,
    mission_id: Uuid,
    /** null: the input request expired. */
    response: Nullable(Response),
  }),
  Type.Object({ confirmed: Type.Boolean() }),
);
