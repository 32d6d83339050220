import { defaultRetries, type RetryOptions } from './retry.ts';

export interface ClientOptions {
  /** Address of the gateway, e.g. `http://localhost:8003`. */
  readonly baseUrl: string;
  /** An agent's key, the service secret, or a user's token. */
  readonly credential: string;
  /** For the trusted backend, which may name any customer; an agent's key is bound to its own. */
  readonly customerId?: string;
  readonly userId?: string;
  readonly agentId?: string;
  /** Used instead of the platform's `fetch`, e.g. with a proxy or its own connection pool. */
  readonly fetch?: typeof globalThis.fetch;
  /** Timeout of one attempt, including the whole response body; default 30 s. */
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryOptions>;
}

export interface UserClientOptions extends Omit<ClientOptions, 'agentId' | 'credential'> {
  /**
   * A user's token, or the service secret. Undefined on the product's own page only: the browser sends the cookie of the
   * user's session.
   */
  readonly credential: string | undefined;
}

export interface CallOptions {
  /** Aborts the call, also while it waits for the next attempt. */
  readonly signal?: AbortSignal;
  /** Timeout of one attempt. */
  readonly timeoutMs?: number;
  /** Attempts after the first. */
  readonly retries?: number;
  /** Id of the call in the gateway's logs, the same in every attempt; default: a random one. */
  readonly requestId?: string;
  /** W3C trace context, passed on to the gateway. */
  readonly traceparent?: string;
  /**
   * For a POST: a repeated call with the same key and body gets the first response again, for 24 h. By default every
   * call gets its own key, which covers its attempts. Pass a stored key if the call must also be safe to repeat after a
   * crash of the process.
   */
  readonly idempotencyKey?: string;
  /**
   * For a PATCH: the version of the mission that it is based on. Refused with `VERSION_MISMATCH` if the mission has
   * changed since.
   */
  readonly ifVersion?: number;
  /** For a write within a run. Refused with `LEASE_LOST` once the run has lost its lease. */
  readonly run?: { readonly id: string; readonly fence: number };
  /** Called with the status and the headers of a successful response. */
  readonly onResponse?: (details: ResponseDetails) => void;
}

export type GetOptions = Omit<CallOptions, 'idempotencyKey' | 'ifVersion' | 'run'>;
export type PostOptions = Omit<CallOptions, 'ifVersion'>;
export type PatchOptions = Omit<CallOptions, 'idempotencyKey'>;

export interface ResponseDetails {
  readonly status: number;
  readonly headers: Headers;
  readonly attempts: number;
  /** True if this is the stored response of an earlier attempt or call with the same idempotency key. */
  readonly replayed: boolean;
}

export interface Settings extends Required<Pick<ClientOptions, 'baseUrl' | 'fetch' | 'timeoutMs'>> {
  readonly credential: string | undefined;
  readonly customerId: string | undefined;
  readonly userId: string | undefined;
  readonly agentId: string | undefined;
  readonly retry: RetryOptions;
}

/** @throws {TypeError} if the address or the credential is not usable. The message never contains the credential. */
export function settingsOf({
  baseUrl,
  credential,
  customerId,
  userId,
  agentId,
  fetch,
  timeoutMs = 30_000,
  retry,
}: UserClientOptions & Pick<ClientOptions, 'agentId'>): Settings {
  if (!/^https?:\/\/[^/?#]/.test(baseUrl) || /[?#]/.test(baseUrl))
    throw new TypeError('baseUrl must be the address of the gateway, e.g. http://localhost:8003');
  // `fetch` would refuse such a credential too, but quote it in its message.
  if (credential !== undefined && !/^[\x21-\x7e]+$/.test(credential))
    throw new TypeError('credential must be printable ASCII without spaces');
  return {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    credential,
    customerId,
    userId,
    agentId,
    // Looked up at each call, so that a `fetch` that is replaced later is used; called as a property, because browsers
    // refuse it without its `this`.
    fetch: fetch ?? ((...args) => globalThis.fetch(...args)),
    timeoutMs,
    retry: { ...defaultRetries, ...retry },
  };
}

/** The options of a call that asks the gateway to wait: its timeout is longer by the time of the wait. */
export const withWaitTime = (
  seconds: number | undefined,
  { timeoutMs }: Settings,
  options: CallOptions = {},
): CallOptions => (seconds === undefined ? options : { timeoutMs: timeoutMs + seconds * 1000, ...options });
