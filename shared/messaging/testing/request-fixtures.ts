import { Type } from 'typebox';
import { Problem } from '@missions/contracts/errors.ts';
import { type Caller, defineRequest } from '@missions/contracts/request.ts';
import type { ServiceName } from '@missions/contracts/subjects.ts';
import { createLogger } from '@missions/runtime/logger.ts';

export const silent = createLogger({ service: 'messaging-spec', level: 'silent' });

export const caller: Caller = { kind: 'agent', credential: 'k1', customer_id: 'acme', user_id: 'ann', agent_id: 'bot' };

const Input = Type.Object(
  { title: Type.String({ minLength: 1 }), tasks: Type.Optional(Type.Array(Type.Object({ order: Type.Integer() }))) },
  { additionalProperties: false },
);

/** A request contract for tests. */
export const contract = (verb: string, service: ServiceName = 'mission') =>
  defineRequest(service, verb, Input, Type.Object({}));

/** Resolves with the Problem that the call is refused with. @throws Error if the call is not refused by a Problem. */
export async function refusal(call: Promise<unknown>): Promise<Problem> {
  const outcome = await call.catch((error: unknown) => error);
  if (outcome instanceof Problem) return outcome;
  throw new Error('was not refused by a Problem', { cause: outcome });
}
