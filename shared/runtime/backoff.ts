export interface BackoffOptions {
  /** The wait after the first failure. */
  readonly firstMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
  /** Each wait is so many times the one before. Default 2. */
  readonly factor?: number;
  /** The random share of the wait, from 0 (none, the default) to 1 (full jitter): 0.5 gives half to all of the wait. */
  readonly jitter?: number;
  /** From 0 to 1, 1 excluded; for tests. */
  readonly random?: () => number;
}

/**
 * How long to wait, in ms, after the n-th failure in a row, counted from 1. Jitter keeps callers that failed together
 * from coming back together.
 */
export function backoff(
  failures: number,
  { firstMs, maxMs, factor = 2, jitter = 0, random = Math.random }: BackoffOptions,
): number {
  const wait = Math.min(maxMs, firstMs * factor ** Math.max(0, failures - 1));
  return wait * (1 - jitter + jitter * random());
}
