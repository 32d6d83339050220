import { type ApiError, ErrorCode, NatsError } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';

export const unavailable = (what: string): Problem => new Problem('UNAVAILABLE', what);

/** What the client library or JetStream threw, as the product's error. The outcome of a call that timed out or was cut off is unknown. */
export function natsProblem(error: unknown, subject: string): Problem {
  if (error instanceof Problem) return error;
  const refused = error instanceof NatsError ? error.api_error : undefined;
  if (refused) return streamRefusal(refused, subject);
  const code = error instanceof NatsError ? error.code : '';
  switch (code) {
    case ErrorCode.Timeout:
      return new Problem('TIMEOUT', `No answer on ${subject} in time.`);
    case ErrorCode.NoResponders:
      return unavailable(`Nobody answers on ${subject}.`);
    case ErrorCode.ConnectionClosed:
    case ErrorCode.ConnectionDraining:
    case ErrorCode.ConnectionTimeout:
    case ErrorCode.Disconnect:
      return unavailable('The connection to the message bus is closed.');
    case ErrorCode.MaxPayloadExceeded:
      return new Problem('PAYLOAD_TOO_LARGE', 'The message is larger than the message bus carries.');
    default:
      return unexpected(error, subject);
  }
}

/** JetStream's own refusals have an HTTP-like number: 503 is a full stream or a server that is not ready, 400 and 500 a fault in the call. */
export const streamRefusal = (refused: ApiError, subject: string): Problem =>
  refused.code === 503
    ? unavailable(`The message bus refused ${subject}: ${refused.description}`)
    : unexpected(refused, subject);

function unexpected(error: unknown, subject: string): Problem {
  const problem = new Problem('INTERNAL', `The message bus failed on ${subject}.`);
  // Not enumerable, so that it reaches the log and never an answer.
  Object.defineProperty(problem, 'cause', { value: error, enumerable: false });
  return problem;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
