import { defaultRetries, type RetryOptions } from './retry.ts';

export interface ClientOptions {
  /** Of the gateway, e.g. `http://localhost:8003`. */
  readonly baseUrl: string;
  /** An agent's key, the service secret, or a user's token. */
  readonly credential: string;
  /** For the trusted backend, which may name any; an agent's key is bound to its own. */
  readonly customerId?: string;
  readonly userId?: string;
  readonly agentId?: string;
  /** Instead of the platform's, e.g. with a proxy or a pool of its own. */
  readonly fetch?: typeof globalThis.fetch;
  /** For one attempt, to the last byte of its answer; default 30 s. */
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryOptions>;
}

export interface Settings extends Required<Pick<ClientOptions, 'baseUrl' | 'credential' | 'fetch' | 'timeoutMs'>> {
  readonly customerId: string | undefined;
  readonly userId: string | undefined;
  readonly agentId: string | undefined;
  readonly retry: RetryOptions;
}

/** @throws {TypeError} when the address or the credential is none. The message never contains the credential. */
export function settingsOf({
  baseUrl,
  credential,
  customerId,
  userId,
  agentId,
  fetch,
  timeoutMs = 30_000,
  retry,
}: ClientOptions): Settings {
  if (!/^https?:\/\/[^/?#]/.test(baseUrl) || /[?#]/.test(baseUrl))
    throw new TypeError('baseUrl must be the address of the gateway, e.g. http://localhost:8003');
  // `fetch` would refuse it too, and quote it in its message.
  if (!/^[\x21-\x7e]+$/.test(credential)) throw new TypeError('credential must be printable ASCII without spaces');
  return {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    credential,
    customerId,
    userId,
    agentId,
    // Looked up at each call, and called as the platform's own: browsers refuse it without its `this`.
    fetch: fetch ?? ((...sent) => globalThis.fetch(...sent)),
    timeoutMs,
    retry: { ...defaultRetries, ...retry },
  };
}
