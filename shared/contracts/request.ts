import { type Static, type TSchema, Type } from 'typebox';
import { requestSubject, type ServiceName } from './subjects.ts';

/**
 * The caller, as the gateway derived it from the credential. Services trust it because the request is signed with a key
 * that the sender shares with this one service (specification section 7).
 */
export const Caller = Type.Object({
  /**
   * `service`: the trusted backend's secret; `agent`: an agent's own key; `user`: a signed-in person; `operator`: one who
   * operates the product, in calls for operators only.
   */
  kind: Type.Enum(['service', 'agent', 'user', 'operator']),
  /** Id of the credential, which does not reveal it; part of the scope of idempotency keys and rate limits. */
  credential: Type.String(),
  customer_id: Type.String({ minLength: 1, maxLength: 255 }),
  /** null: a trusted backend that names no user; it may read any resource of its customer by id. */
  user_id: Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()]),
  agent_id: Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()]),
  /**
   * How a person signed in, in their own calls: `backend` vouches for its user; `at` is null where the credential does
   * not say when.
   */
  signed_in: Type.Optional(
    Type.Object({
      by: Type.Enum(['backend', 'session', 'token']),
      at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    }),
  ),
  /** From where the call came, for the record of deeds (`audit.ts`); absent in calls of the product itself. */
  origin: Type.Optional(
    Type.Object({
      /** As the gateway saw it behind its trusted proxies. */
      address: Type.String({ maxLength: 64 }),
      channel: Type.Enum(['rest', 'mcp']),
    }),
  ),
});
export type Caller = Static<typeof Caller>;

/**
 * An `Idempotency-Key` with its scope (agent or other credential, customer, user, method, path) and the hash of what the
 * body that it came with means.
 */
export const Idempotency = Type.Object({
  scope: Type.String(),
  key: Type.String({ minLength: 1, maxLength: 255 }),
  hash: Type.String(),
  /** As earlier versions stored the same key, so that what they have answered is not done again after an upgrade. */
  earlier: Type.Optional(Type.Object({ scope: Type.String(), hash: Type.String() })),
});
export type Idempotency = Static<typeof Idempotency>;

/**
 * A request and its response between the gateway and a service (or between two services). Both ends take subject,
 * schemas and types from here.
 */
export interface RequestContract<Input extends TSchema = TSchema, Output extends TSchema = TSchema> {
  service: ServiceName;
  verb: string;
  subject: string;
  input: Input;
  output: Output;
}

/**
 * `X-Run: <run id>:<fence>`: the change is part of that run. It is refused with `LEASE_LOST` once the run has lost its
 * lease (specification section 3.7).
 */
export const RunClaim = Type.Object({ id: Type.String({ format: 'uuid' }), fence: Type.Integer({ minimum: 1 }) });
export type RunClaim = Static<typeof RunClaim>;

export interface RequestMessage<Input> {
  caller: Caller;
  idempotency?: Idempotency;
  run?: RunClaim;
  input: Input;
}

export function defineRequest<Input extends TSchema, Output extends TSchema>(
  service: ServiceName,
  verb: string,
  input: Input,
  output: Output,
): RequestContract<Input, Output> {
  return { service, verb, subject: requestSubject(service, verb), input, output };
}
