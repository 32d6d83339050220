/**
 * How one attempt failed, as far as it matters for another one:
 * `unsent`: it surely never reached the gateway; `lost`: it may have been carried out, and nobody knows; `answered`: with a status.
 */
export type Failure =
  | { readonly kind: 'unsent'; readonly cause: unknown }
  | { readonly kind: 'lost'; readonly cause: unknown; readonly timedOut: boolean }
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly code: string;
      readonly retryAfterMs: number | undefined;
    };

/** Of Node's sockets and of its `fetch`: before the first byte of the request. A browser does not say, so there everything may have been sent. */
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What `fetch` threw. Node puts the reason into `cause`, and several into `errors` when it tried several addresses. */
export function networkFailure(error: unknown): Failure {
  return isUnsent(error) ? { kind: 'unsent', cause: error } : { kind: 'lost', cause: error, timedOut: false };
}

function isUnsent(error: unknown): boolean {
  const { code, cause, errors } = (error ?? {}) as { code?: unknown; cause?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isUnsent);
  return (typeof code === 'string' && beforeSending.has(code)) || (cause !== undefined && isUnsent(cause));
}

/** `Retry-After` (RFC 9110 section 10.2.3) in ms. A point in time is counted from the answer's own `Date`, as clocks differ. */
export function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('Retry-After')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const wait = Date.parse(text) - Date.parse(headers.get('Date') ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}
