import { type Static, Type } from 'typebox';
import { closed, Cursor, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';
import {
  InputResponse,
  AskedInputRequest,
  InputRequest,
  InputRequestPage,
  inputRequestStatuses,
} from './input-request.ts';

/** Listed newest and most urgent first. Without a user: those of a mission, for agents. */
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

/** The same upsert as the event's, handed over before the asker is answered, so that it reads its own write. */
export const ensureInputRequest = defineRequest('approval', 'ensure', AskedInputRequest, InputRequest);
export const getInputRequest = defineRequest('approval', 'get', Type.Object(one), InputRequest);
export const listInputRequests = defineRequest('approval', 'list', InputRequestFilter, InputRequestPage);
/** The caller must be a signed-in user (`caller.kind`), and the request theirs. */
export const respondInputRequest = defineRequest(
  'approval',
  'respond',
  Type.Object({ ...one, answer: InputResponse }),
  InputRequest,
);

export const approvalRequests = [ensureInputRequest, getInputRequest, listInputRequests, respondInputRequest] as const;
