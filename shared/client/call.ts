import type { ResponseOf } from '@missions/contracts/rest/operation.ts';
import { attempt, type HttpResponse, retryAfter } from './attempt.ts';
import { type ErrorParts, MissionsError } from './missions-error.ts';
import type { CallOptions, Settings } from './options.ts';
import { buildRequest, type CallableOperation, type OperationInput } from './request.ts';
import { type Failure, waitBeforeRetry } from './retry.ts';
import { checkServerVersion } from './server-version.ts';

/**
 * Calls an operation, and retries where that is safe. @throws {MissionsError}, or the reason of the caller's signal.
 */
export async function call<O>(
  settings: Settings,
  operation: O,
  input: OperationInput,
  options: CallOptions = {},
): Promise<ResponseOf<O>> {
  const request = buildRequest(settings, operation as unknown as CallableOperation, input, options);
  const { signal, timeoutMs = settings.timeoutMs, retries = settings.retry.retries } = options;
  for (let attempts = 1; ; attempts += 1) {
    const outcome = await attempt(settings, request, timeoutMs, signal);
    if ('text' in outcome) checkServerVersion(outcome.headers);
    if ('text' in outcome && outcome.status >= 200 && outcome.status < 300) {
      const body = json(outcome.text);
      if (body === undefined && outcome.status !== 204)
        throw new MissionsError({ ...unexpectedResponse(outcome), requestId: request.requestId, attempts });
      const { status, headers } = outcome;
      options.onResponse?.({ status, headers, attempts, replayed: headers.get('Idempotency-Replayed') === 'true' });
      return body as ResponseOf<O>;
    }
    const { failure, parts } =
      'text' in outcome ? errorResponse(outcome) : noResponse(outcome, settings.baseUrl, timeoutMs);
    const waitMs = waitBeforeRetry(
      { idempotent: request.idempotent, attempts, failure },
      { ...settings.retry, retries },
    );
    if (waitMs === undefined) throw new MissionsError({ requestId: request.requestId, ...parts, attempts });
    await pause(waitMs, signal);
  }
}

/** A failed attempt: for the decision to retry, and for the error that is thrown otherwise. */
interface AttemptError {
  readonly failure: Failure;
  readonly parts: Omit<ErrorParts, 'attempts'>;
}

/** The gateway, or a proxy before it, responded with another status than 2xx. */
export function errorResponse(response: HttpResponse): AttemptError {
  const { status, headers, text } = response;
  const isProblem = headers.get('Content-Type')?.startsWith('application/problem+json');
  const problem = (isProblem ? json(text) : undefined) as Record<string, unknown> | undefined;
  const { code, detail, request_id } = problem ?? {};
  const requestId = headers.get('X-Request-ID') ?? request_id;
  const parts = {
    ...(problem && typeof code === 'string'
      ? { code, detail: typeof detail === 'string' ? detail : '', status, problem }
      : unexpectedResponse(response)),
    ...(typeof requestId === 'string' && { requestId }),
  };
  return { parts, failure: { kind: 'refused', status, code: parts.code, retryAfterMs: retryAfter(headers) } };
}

/** No response came: a timeout or a failure of the network. */
export function noResponse(failure: Failure, baseUrl: string, timeoutMs: number): AttemptError {
  if (failure.kind === 'lost' && failure.timedOut)
    return {
      failure,
      parts: { code: 'TIMEOUT', detail: `No response from ${baseUrl} within ${timeoutMs} ms.`, cause: failure.cause },
    };
  const cause = 'cause' in failure ? failure.cause : undefined;
  return { failure, parts: { code: 'UNREACHABLE', detail: `No response from ${baseUrl}: ${reasonOf(cause)}.`, cause } };
}

const unexpectedResponse = ({ status, text }: HttpResponse): AttemptError['parts'] => ({
  code: 'UNEXPECTED_ANSWER',
  detail: `The response with status ${status} is not one of this API: ${text.slice(0, 100) || '(empty)'}`,
  status,
});

/** The message of the innermost cause: `fetch` itself only says `fetch failed`. */
function reasonOf(error: unknown): string {
  const { message, cause, code } = (error ?? {}) as { message?: string; cause?: unknown; code?: unknown };
  return cause === undefined ? message || String(code ?? error) : reasonOf(cause);
}

/** undefined if the text is not JSON. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws the reason of the signal as soon as it is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
}
