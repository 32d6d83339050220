import { type Static, Type } from 'typebox';
import {
  Caller,
  Idempotency,
  type RequestContract,
  type RequestMessage,
  RunClaim,
} from '@missions/contracts/request.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { parser } from '@missions/contracts/schema.ts';
import type { InputOf, ReplyHeaders } from './request.ts';

export interface EndpointResult extends ReplyHeaders {
  /** JSON text, passed on as it is (SQL may have built it), or a value to be written as JSON. */
  body: string | object | null;
}

export type Handler<C extends RequestContract> = (message: RequestMessage<InputOf<C>>) => Promise<EndpointResult>;

/** A contract together with its handler. */
export interface Endpoint {
  contract: RequestContract;
  /** Each replica handles each request; the caller gets the first reply. By default one replica handles it. */
  everyReplica?: boolean;
  /** @throws Problem VALIDATION_FAILED for input that the contract does not allow, and every error of the handler. */
  run(text: string): Promise<EndpointResult>;
}

// Parsed separately from the input, so that the paths of validation errors begin at the body of the REST request.
const parseEnvelope = parser(
  Type.Object({
    caller: Caller,
    idempotency: Type.Optional(Idempotency),
    run: Type.Optional(RunClaim),
    input: Type.Unknown(),
  }),
);

export function endpoint<C extends RequestContract>(
  contract: C,
  handler: Handler<C>,
  { everyReplica = false }: Pick<Endpoint, 'everyReplica'> = {},
): Endpoint {
  const parseInput = parser(contract.input);
  return {
    contract,
    everyReplica,
    run: async (text) => {
      const { caller, idempotency, run, input } = parseEnvelope(json(text));
      return await handler({
        caller,
        ...(idempotency && { idempotency }),
        ...(run && { run }),
        input: parseInput(input) as Static<C['input']>,
      });
    },
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('VALIDATION_FAILED', 'The request is not JSON.', {
      errors: [{ path: '', message: 'is not JSON' }],
    });
  }
}
