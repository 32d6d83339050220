import type { Failure } from './failure.ts';

export interface RetryOptions {
  /** Attempts after the first; 0: none. */
  readonly retries: number;
  /** The first wait is at most this long; each further one at most twice the one before. */
  readonly baseMs: number;
  readonly capMs: number;
  /** An answer that asks for a longer wait than this is not waited for. */
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

/** `safe`: the same request twice does no more than once, as with a GET, an `Idempotency-Key` or an `If-Match`. */
export interface Attempted {
  readonly safe: boolean;
  readonly attempts: number;
  readonly failure: Failure;
}

const passing = new Set([429, 502, 503, 504]);

/**
 * How long to wait before another attempt, in ms, or undefined: there shall be none. A request that is not safe to repeat is sent again only when
 * it was not carried out: never sent, or turned away by the gateway itself.
 */
export function waitBeforeRetry(
  { safe, attempts, failure }: Attempted,
  { retries, baseMs, capMs, longestMs, random }: RetryOptions,
): number | undefined {
  if (attempts > retries || !(safe ? mayPass(failure) : wasTurnedAway(failure))) return undefined;
  const asked = failure.kind === 'answered' ? (failure.retryAfterMs ?? 0) : 0;
  if (asked > longestMs) return undefined;
  // Full jitter, on top of what was asked for: many callers that were turned away together must not come back together.
  return asked + random() * Math.min(capMs, baseMs * 2 ** (attempts - 1));
}

const mayPass = (failure: Failure): boolean => failure.kind !== 'answered' || passing.has(failure.status);

/**
 * `UNAVAILABLE` is the gateway's word that nobody took the request on. In rare cases it is of a request whose connection broke behind the gateway;
 * what a PATCH sets is then set to the same again, or its step refused.
 */
const wasTurnedAway = (failure: Failure): boolean =>
  failure.kind === 'unsent' ||
  (failure.kind === 'answered' &&
    (failure.status === 429 || (failure.status === 503 && failure.code === 'UNAVAILABLE')));
