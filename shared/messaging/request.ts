import { type Msg, ServiceError } from 'nats';
import type { Static } from 'typebox';
import { problemFrom } from '@missions/contracts/errors.ts';
import type { RequestContract, RequestMessage } from '@missions/contracts/request.ts';
import { currentContext } from '@missions/runtime/context.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { proveCaller, unprovenAtSender } from './caller-proof.ts';
import type { Connection } from './connection.ts';
import { headersOf, names, token } from './headers.ts';
import { aboutRequest } from './span-attributes.ts';

export interface RequestOptions {
  /** Default 5000. */
  timeoutMs?: number;
}

export interface ReplyHeaders {
  /** The mission's version, for the `ETag`. */
  version?: number;
  /** True for the stored result of an earlier call with the same idempotency key. */
  replayed?: boolean;
}

/** The body stays text: the gateway passes most bodies on without parsing them. */
export class Reply {
  readonly body: string;
  readonly headers: ReplyHeaders;

  constructor(body: string, headers: ReplyHeaders = {}) {
    this.body = body;
    this.headers = headers;
  }

  json<T>(): T {
    return JSON.parse(this.body) as T;
  }
}

export type InputOf<C extends RequestContract> = Static<C['input']>;

/**
 * Sends a request to the service that owns the contract, with the proof of who calls.
 * @throws Problem: the service's own refusal; UNAVAILABLE when no service serves the contract, when the connection is or
 * gets lost, or when the service does not believe this process who calls; TIMEOUT.
 */
export async function request<C extends RequestContract>(
  connection: Connection,
  contract: C,
  message: RequestMessage<InputOf<C>>,
  options: RequestOptions = {},
): Promise<Reply> {
  const { subject, service } = contract;
  const timeout = options.timeoutMs ?? 5_000;
  return await inSpan(
    `request ${subject}`,
    { kind: 'client', attributes: () => aboutRequest(subject, message) },
    async () => {
      const context = currentContext();
      const body = Buffer.from(JSON.stringify(message));
      const key = connection.callerKeys.signs?.[service];
      const headers = headersOf({
        [names.traceparent]: context?.traceparent,
        [names.requestId]: token(context?.requestId),
        [names.timeout]: String(timeout),
        [names.callerProof]: key && proveCaller(key, subject, body),
      });
      const received = await connection.requests.request(subject, body, {
        headers,
        timeoutMs: timeout,
        service,
      });
      if (ServiceError.isServiceError(received)) {
        throw unprovenAtSender(problemFrom(jsonOrUndefined(received.string())), service);
      }
      return parseReply(received);
    },
  );
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseReply(message: Msg): Reply {
  const version = message.headers?.get(names.version);
  const replayed = message.headers?.get(names.replayed);
  return new Reply(message.string(), {
    ...(version && { version: Number(version) }),
    ...(replayed && { replayed: replayed === 'true' }),
  });
}
