import { type Static, Type } from 'typebox';
import { closed, Cursor, Identifier, JsonObject, Nullable, Time, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';
import {
  InputResponse,
  AskedInputRequest,
  InputRequest,
  InputRequestPage,
  DecisionPage,
  inputRequestStatuses,
  Response,
} from './input-request.ts';
import { ReceiptKeys, Verdict } from './receipt.ts';
import { Approval } from './several-people.ts';

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

export const getInputRequest = defineRequest('approval', 'get', Type.Object(one), InputRequest);
export const listInputRequests = defineRequest('approval', 'list', InputRequestFilter, InputRequestPage);
/** Those of the ids that no input request of the customer has, nor had before it was erased. */
export const unknownInputRequests = defineRequest(
  'approval',
  'unknown',
  Type.Object({ request_ids: Type.Array(Uuid, { maxItems: 1_000 }) }),
  Type.Object({ request_ids: Type.Array(Uuid) }),
);
export const DecisionFilter = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })), cursor: Type.Optional(Cursor) },
  closed,
);
/** What the caller's user has decided, newest first. */
export const listDecisions = defineRequest('approval', 'decisions', DecisionFilter, DecisionPage);
/** An event of the approval service as it will be published: its envelope, the text of its data, and its seal. */
export const SealedEvent = Type.Object({
  event: Type.Object({
    id: Uuid,
    type: Type.String(),
    source: Type.String(),
    time: Time,
    customer_id: Identifier,
    user_id: Type.String(),
    mission_id: Type.String(),
    version: Type.Integer(),
    index: Type.Integer(),
  }),
  body: Type.String(),
  seal: Type.String(),
});
export type SealedEvent = Static<typeof SealedEvent>;

const WithOutcome = Type.Object({ ...InputRequest.properties, outcome: Type.Optional(SealedEvent) });
/**
 * The same upsert as by the event, done before the caller of `askUser` gets its response, so that it can read its own
 * write. `outcome`, as of an answer, if a rule of the user has answered it.
 */
export const ensureInputRequest = defineRequest('approval', 'ensure', AskedInputRequest, WithOutcome);

/**
 * The caller must be a signed-in user (`caller.kind`) whom the input request asks. `outcome` is the event
 * that tells the mission, for `hearOutcome`; a repeated call has none.
 */
export const respondInputRequest = defineRequest(
  'approval',
  'respond',
  Type.Object({ ...one, answer: InputResponse, via: Type.Optional(Type.Literal('link')) }),
  WithOutcome,
);
export type AnsweredInputRequest = Static<typeof WithOutcome>;

/** The public keys of receipts, of whoever they are. */
export const receiptKeys = defineRequest('approval', 'receipt_keys', Type.Object({}), ReceiptKeys);
export const VerifyReceiptBody = Type.Object(
  {
    receipt: Type.String({ minLength: 1, maxLength: 10_000, description: 'a JWS, as an approval was answered with' }),
    action: { ...JsonObject, description: 'what is to be done now' },
  },
  closed,
);
/** Whether this very action was approved, by the caller's customer. */
export const verifyReceipt = defineRequest('approval', 'verify', VerifyReceiptBody, Verdict);

/**
 * The same end as by the event that its wait is over, done before the caller that took the question back gets its
 * response.
 */
export const cancelInputRequest = defineRequest(
  'approval',
  'cancel',
  Type.Object({ request_id: Uuid, mission_id: Uuid, user_id: Identifier }),
  Type.Object({}),
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
    /** null: the input request expired, unless `approval` is given. */
    response: Nullable(Response),
    /** Whether it has this approval, of several, whatever end it came to. */
    approval: Type.Optional(Approval),
  }),
  Type.Object({ confirmed: Type.Boolean() }),
);
