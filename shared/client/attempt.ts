import { networkFailure, type Failure } from './failure.ts';
import type { Prepared } from './request.ts';
import type { Settings } from './options.ts';

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Sends a request once, and reads the whole answer.
 * @returns what was received, or how it failed
 * @throws the reason of the caller's signal, once that is aborted
 */
export async function attempt(
  { fetch }: Settings,
  { url, method, headers, body }: Prepared,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Received | Failure> {
  signal?.throwIfAborted();
  // Neither `AbortSignal.timeout` nor `any`: their timers and listeners would stay for the whole time, call by call.
  const controller = new AbortController();
  let timedOut = false;
  const stop = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  signal?.addEventListener('abort', stop);
  try {
    // A redirect would turn a POST into a GET, and take the credential elsewhere; the gateway sends none.
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
