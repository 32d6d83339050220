export interface RetryOptions {
  /** Attempts after the first. */
  readonly retries: number;
  /** The first wait is at most this long; each further one at most twice the one before. */
  readonly baseMs: number;
  readonly capMs: number;
  /** The call fails if the gateway asks for a longer wait than this. */
  readonly longestMs: number;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
}

export const defaultRetries: RetryOptions = {
  retries: 3,
  baseMs: 100,
  capMs: 5_000,
  longestMs: 30_000,
  random: Math.random,
};

/**
 * How an attempt failed, as far as it matters for the decision to retry: `unsent`: the request never reached the
 * gateway; `lost`: the request may have been executed; `refused`: the gateway responded with an error status.
 */
export type Failure =
  | { readonly kind: 'unsent'; readonly cause: unknown }
  | { readonly kind: 'lost'; readonly cause: unknown; readonly timedOut: boolean }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly retryAfterMs: number | undefined;
    };

export interface FailedAttempt {
  readonly idempotent: boolean;
  /** Number of attempts so far. */
  readonly attempts: number;
  readonly failure: Failure;
}

const transientStatuses = new Set([429, 502, 503, 504]);

/**
 * The wait before the next attempt in ms; undefined if the call fails now. A request that is not idempotent is sent
 * again only if it was not executed: it was never sent, or the gateway rejected it.
 */
export function waitBeforeRetry(
  { idempotent, attempts, failure }: FailedAttempt,
  { retries, baseMs, capMs, longestMs, random }: RetryOptions,
): number | undefined {
  if (attempts > retries || !(idempotent ? isTransient(failure) : wasNotExecuted(failure))) return undefined;
  const retryAfterMs = failure.kind === 'refused' ? (failure.retryAfterMs ?? 0) : 0;
  if (retryAfterMs > longestMs) return undefined;
  // Full jitter in addition to the requested wait: callers that were rejected together must not come back together.
  return retryAfterMs + random() * Math.min(capMs, baseMs * 2 ** (attempts - 1));
}

const isTransient = (failure: Failure): boolean => failure.kind !== 'refused' || transientStatuses.has(failure.status);

/**
 * The gateway responds with `UNAVAILABLE` if no service accepted the request. In rare cases the connection behind the
 * gateway broke after the request was accepted; a repeated PATCH then sets the same values again, or its transition is
 * refused.
 */
const wasNotExecuted = (failure: Failure): boolean =>
  failure.kind === 'unsent' ||
  (failure.kind === 'refused' &&
    (failure.status === 429 || (failure.status === 503 && failure.code === 'UNAVAILABLE')));
