import { type Static, type TSchema, Type } from 'typebox';
import { requestSubject, type ServiceName } from './subjects.ts';

/** Who calls: decided by the gateway from the credential, trusted by the services (they accept requests from the gateway's NATS user only). */
export const Caller = Type.Object({
  /** `service`: the trusted backend's secret; `agent`: an agent's own key; `user`: a signed-in person. */
  kind: Type.Enum(['service', 'agent', 'user']),
  /** Names the credential without revealing it; part of the scope of idempotency keys and rate limits. */
  credential: Type.String(),
  customer_id: Type.String({ minLength: 1, maxLength: 255 }),
  /** null: a trusted backend that names no user, and reads by id within its customer. */
  user_id: Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()]),
  agent_id: Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()]),
});
export type Caller = Static<typeof Caller>;

/** An `Idempotency-Key` with its scope (credential, customer, user, method, path) and the hash of the body it came with. */
export const Idempotency = Type.Object({
  scope: Type.String(),
  key: Type.String({ minLength: 1, maxLength: 255 }),
  hash: Type.String(),
});
export type Idempotency = Static<typeof Idempotency>;

/** One request/reply message pair between the gateway and a service. Both sides take subject, schema and type from here. */
export interface RequestContract<Input extends TSchema = TSchema, Output extends TSchema = TSchema> {
  service: ServiceName;
  verb: string;
  subject: string;
  input: Input;
  output: Output;
}

/** `X-Run: <run id>:<fence>`: the change is part of that run, and refused with `LEASE_LOST` once the lease is another's (specification section 3.7). */
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

/** The schema of the whole message of a contract. */
export const requestMessage = <Input extends TSchema>(contract: RequestContract<Input>) =>
  Type.Object({
    caller: Caller,
    idempotency: Type.Optional(Idempotency),
    run: Type.Optional(RunClaim),
    input: contract.input,
  });
