import type { Settings } from './options.ts';
import type { HttpRequest } from './request.ts';
import type { Failure } from './retry.ts';

/**
 * Error codes of Node's sockets and `fetch` from before the first byte of the request was sent. Browsers give no code,
 * so that there every request may have been sent.
 */
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Classifies an error of `fetch`. Node puts the reason into `cause`, or several into `errors` if it tried several
 * addresses.
 */
export function networkFailure(error: unknown): Failure {
  return isUnsent(error) ? { kind: 'unsent', cause: error } : { kind: 'lost', cause: error, timedOut: false };
}

function isUnsent(error: unknown): boolean {
  const { code, cause, errors } = (error ?? {}) as { code?: unknown; cause?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isUnsent);
  return (typeof code === 'string' && beforeSending.has(code)) || (cause !== undefined && isUnsent(cause));
}

/**
 * `Retry-After` (RFC 9110 section 10.2.3) in ms. A date is taken relative to the response's own `Date`, because clocks
 * differ.
 */
export function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('Retry-After')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const wait = Date.parse(text) - Date.parse(headers.get('Date') ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

/** A response that was read to its end, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Sends a request once, and reads the whole response.
 * @throws the reason of the caller's signal once it is aborted
 */
export async function attempt(
  { fetch }: Settings,
  { url, method, headers, body }: HttpRequest,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<HttpResponse | Failure> {
  signal?.throwIfAborted();
  // `AbortSignal.timeout` and `AbortSignal.any` are not used: their timers and listeners would stay until the timeout
  // of every call.
  const controller = new AbortController();
  let timedOut = false;
  const stop = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  signal?.addEventListener('abort', stop);
  try {
    // A followed redirect would turn a POST into a GET and send the credential to another host; the gateway never
    // redirects.
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      body,
      signal: controller.signal,
      redirect: 'manual',
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    signal?.throwIfAborted();
    return timedOut ? { kind: 'lost', cause: error, timedOut } : networkFailure(error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
