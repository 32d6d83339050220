import { ServiceError } from 'nats';
import type { Static } from 'typebox';
import { Problem } from '@missions/contracts/errors.ts';
import type { RequestContract, RequestMessage } from '@missions/contracts/request.ts';
import { currentContext } from '@missions/runtime/context.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { headersOf, names, token } from './headers.ts';
import type { Connection } from './connection.ts';
import { type Reply, replyOf } from './reply.ts';

export interface RequestOptions {
  /** Default 5000. */
  timeoutMs?: number;
}

export type InputOf<C extends RequestContract> = Static<C['input']>;

/**
 * Asks the service that owns the contract.
 * @throws Problem: the service's own refusal; UNAVAILABLE when nobody serves it or the connection is, or gets, lost; TIMEOUT.
 */
export async function request<C extends RequestContract>(
  link: Connection,
  contract: C,
  message: RequestMessage<InputOf<C>>,
  options: RequestOptions = {},
): Promise<Reply> {
  const { subject, service } = contract;
  const timeout = options.timeoutMs ?? 5_000;
  return await inSpan(
    `request ${subject}`,
    { kind: 'client', attributes: { 'messaging.destination.name': subject } },
    async () => {
      const context = currentContext();
      const headers = headersOf({
        [names.traceparent]: context?.traceparent,
        [names.requestId]: token(context?.requestId),
        [names.timeout]: String(timeout),
      });
      const answer = await link.requests.request(subject, JSON.stringify(message), {
        headers,
        timeoutMs: timeout,
        service,
      });
      if (ServiceError.isServiceError(answer)) throw Problem.fromJSON(parsed(answer.string()));
      return replyOf(answer);
    },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
