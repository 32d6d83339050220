import { type ApiError, ErrorCode, NatsError } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';

export const unavailable = (what: string): Problem => new Problem('UNAVAILABLE', what);

/**
 * Maps an error of the client library or of JetStream to the product's. After a timeout or a lost connection the
 * outcome of the call is unknown.
 */
export function natsProblem(error: unknown, subject: string): Problem {
  if (error instanceof Problem) return error;
  const refusal = error instanceof NatsError ? error.api_error : undefined;
  if (refusal) return streamProblem(refusal, subject);
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

/**
 * JetStream's errors have an HTTP-like number: 503 is a full stream or a server that is not ready, 400 and 500 a fault
 * in the call.
 */
export const streamProblem = (error: ApiError, subject: string): Problem =>
  error.code === 503
    ? unavailable(`The message bus refused ${subject}: ${error.description}`)
    : unexpected(error, subject);

/** Of a stream, consumer or message. */
export const isNotFound = (error: unknown): boolean => error instanceof NatsError && error.api_error?.code === 404;

/** For `catch`: undefined for what does not exist. @throws every other error. */
export const undefinedIfNotFound = (error: unknown): undefined => {
  if (isNotFound(error)) return undefined;
  throw error;
};

function unexpected(error: unknown, subject: string): Problem {
  const problem = new Problem('INTERNAL', `The message bus failed on ${subject}.`);
  // Not enumerable, so that it reaches the log and never a reply.
  Object.defineProperty(problem, 'cause', { value: error, enumerable: false });
  return problem;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
