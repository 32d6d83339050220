import type { ResponseOf, Operation } from '@missions/contracts/rest/operation.ts';
import { attempt, type Received } from './attempt.ts';
import { type Failure, retryAfter } from './failure.ts';
import { MissionsError } from './missions-error.ts';
import { type Input, prepare } from './request.ts';
import { waitBeforeRetry } from './retry.ts';
import type { Settings } from './options.ts';

export interface CallOptions {
  /** Aborts the call, also while it waits for another attempt. */
  readonly signal?: AbortSignal;
  /** For one attempt. */
  readonly timeoutMs?: number;
  /** Attempts after the first. */
  readonly retries?: number;
  /** Names the call in logs; made when none is given, and the same in every attempt. */
  readonly requestId?: string;
  /** W3C trace context, handed through. */
  readonly traceparent?: string;
  /** Of a POST: the same key and body gives the first answer again, for 24 h. Made for each call unless given: give one that outlives the process to be safe from its end too. */
  readonly idempotencyKey?: string;
  /** Of a PATCH: the version of the mission that it builds on; refused with `VERSION_MISMATCH` when the mission has changed since. */
  readonly ifVersion?: number;
  /** Of a write within a run: refused with `LEASE_LOST` once its lease is another's. */
  readonly run?: { readonly id: string; readonly fence: number };
  /** Told of the answer beside its body. */
  readonly onAnswer?: (about: AnswerDetails) => void;
}

export type GetOptions = Omit<CallOptions, 'idempotencyKey' | 'ifVersion' | 'run'>;
export type PostOptions = Omit<CallOptions, 'ifVersion'>;
export type PatchOptions = Omit<CallOptions, 'idempotencyKey'>;

/** An attempt that asks the gateway to wait may take that much longer. */
export const waiting = (
  seconds: number | undefined,
  { timeoutMs }: Settings,
  options: CallOptions = {},
): CallOptions => (seconds === undefined ? options : { timeoutMs: timeoutMs + seconds * 1000, ...options });

export interface AnswerDetails {
  readonly status: number;
  readonly headers: Headers;
  readonly attempts: number;
  /** What this is the answer of had been carried out before, by another attempt or call. */
  readonly replayed: boolean;
}

/** Carries out an operation, again where that is safe. @throws {MissionsError}, or the reason of the caller's signal. */
export async function call<O>(
  settings: Settings,
  operation: O,
  input: Input,
  options: CallOptions = {},
): Promise<ResponseOf<O>> {
  const request = prepare(settings, operation as unknown as Operation, input, options);
  const { signal, timeoutMs = settings.timeoutMs, retries = settings.retry.retries } = options;
  for (let attempts = 1; ; attempts += 1) {
    const outcome = await attempt(settings, request, timeoutMs, signal);
    if ('text' in outcome && outcome.status >= 200 && outcome.status < 300) {
      const body = json(outcome.text);
      if (body === undefined && outcome.status !== 204)
        throw new MissionsError({ ...unexpected(outcome), requestId: request.requestId, attempts });
      const { status, headers } = outcome;
      options.onAnswer?.({ status, headers, attempts, replayed: headers.get('Idempotency-Replayed') === 'true' });
      return body as ResponseOf<O>;
    }
    const { failure, parts } = 'text' in outcome ? refused(outcome) : unanswered(outcome, settings.baseUrl, timeoutMs);
    const waitMs = waitBeforeRetry({ safe: request.safe, attempts, failure }, { ...settings.retry, retries });
    if (waitMs === undefined) throw new MissionsError({ requestId: request.requestId, ...parts, attempts });
    await pause(waitMs, signal);
  }
}

type Parts = Omit<ConstructorParameters<typeof MissionsError>[0], 'attempts'>;

export function refused(received: Received): { failure: Failure; parts: Parts } {
  const { status, headers, text } = received;
  const isProblem = headers.get('Content-Type')?.startsWith('application/problem+json');
  const problem = (isProblem ? json(text) : undefined) as Record<string, unknown> | undefined;
  const { code, detail, request_id } = problem ?? {};
  const requestId = headers.get('X-Request-ID') ?? request_id;
  const parts = {
    ...(problem && typeof code === 'string'
      ? { code, detail: typeof detail === 'string' ? detail : '', status, problem }
      : unexpected(received)),
    ...(typeof requestId === 'string' && { requestId }),
  };
  return { parts, failure: { kind: 'answered', status, code: parts.code, retryAfterMs: retryAfter(headers) } };
}

export function unanswered(failure: Failure, baseUrl: string, timeoutMs: number): { failure: Failure; parts: Parts } {
  if (failure.kind === 'lost' && failure.timedOut)
    return {
      failure,
      parts: { code: 'TIMEOUT', detail: `No answer from ${baseUrl} within ${timeoutMs} ms.`, cause: failure.cause },
    };
  const cause = 'cause' in failure ? failure.cause : undefined;
  return { failure, parts: { code: 'UNREACHABLE', detail: `No answer from ${baseUrl}: ${reasonOf(cause)}.`, cause } };
}

const unexpected = ({ status, text }: Received): Parts => ({
  code: 'UNEXPECTED_ANSWER',
  detail: `Answered ${status} with what is no answer of this API: ${text.slice(0, 100) || 'nothing'}`,
  status,
});

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const { message, cause, code } = (error ?? {}) as { message?: string; cause?: unknown; code?: unknown };
  return cause === undefined ? message || String(code ?? error) : reasonOf(cause);
}

export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws the reason of the signal, at once when it is aborted. */
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
