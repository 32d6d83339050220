import { randomUUID } from 'node:crypto';
import { waitUntil } from './wait-until.ts';

/** Response to a call. `body` is the parsed JSON, unchecked: contract tests check it against a schema. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: any;
}

export interface CallOptions {
  /**
   * An object is sent as JSON; text and bytes as they are, as `application/json` unless the headers say otherwise; a
   * stream without its length.
   */
  body?: object | string | Uint8Array | ReadableStream<Uint8Array>;
  /** Override the caller's headers; null removes one. */
  headers?: Record<string, string | null>;
  /** The call fails with an error after this time. No limit by default. */
  withinMs?: number;
}

/**
 * A caller of the gateway: the trusted backend, for one customer. Paths are relative to `/api/internal`, unless they
 * begin with another `/`.
 */
export class Api {
  readonly origin: string;
  readonly customer: string;
  readonly #headers: Record<string, string>;

  /** @param customer a new customer by default. */
  constructor({ origin, secret }: { origin: string; secret: string }, customer = `customer-${randomUUID()}`) {
    this.origin = origin;
    this.customer = customer;
    this.#headers = { authorization: `Bearer ${secret}`, 'x-customer-id': customer };
  }

  get(path: string, options?: CallOptions): Promise<ApiResponse> {
    return this.send('GET', path, options);
  }

  post(path: string, body: CallOptions['body'], options?: CallOptions): Promise<ApiResponse> {
    return this.send('POST', path, { ...options, ...(body !== undefined && { body }) });
  }

  patch(path: string, body: CallOptions['body'], options?: CallOptions): Promise<ApiResponse> {
    return this.send('PATCH', path, { ...options, ...(body !== undefined && { body }) });
  }

  async send(method: string, path: string, { body, headers = {}, withinMs }: CallOptions = {}): Promise<ApiResponse> {
    const sent = new Headers(this.#headers);
    if (body !== undefined) sent.set('content-type', 'application/json');
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) sent.delete(name);
      else sent.set(name, value);
    }
    const raw = body === undefined ? null : isRaw(body) ? body : JSON.stringify(body);
    const url = path.startsWith('/') ? this.origin + path : `${this.origin}/api/internal/${path}`;
    const response = await fetch(url, {
      method,
      headers: sent,
      body: raw,
      duplex: 'half',
      ...(withinMs !== undefined && { signal: AbortSignal.timeout(withinMs) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: json(text) };
  }

  /**
   * A call that a test needs and is not about. Like any client that means it, it tries again, with the same
   * Idempotency-Key, while the product says that it has no answer in time (503, 504): on a busy machine that is no fault.
   */
  async insist(method: string, path: string, options: CallOptions = {}): Promise<ApiResponse> {
    const key = method === 'GET' ? {} : { 'idempotency-key': randomUUID() };
    const headers = { ...key, ...options.headers };
    return waitUntil(
      async () => {
        const answer = await this.send(method, path, { ...options, headers });
        return answer.status === 503 || answer.status === 504 ? undefined : answer;
      },
      { what: `an answer to ${method} ${path}`, everyMs: 100, withinMs: 90_000 },
    );
  }

  /** Creates a mission, of `ada` by default. @throws Error unless it is created. */
  async mission(fields: object = {}): Promise<any> {
    const body = { user_id: 'ada', title: 'Test Mission', ...fields };
    const answer = await this.insist('POST', 'missions', { body });
    if (answer.status !== 201) throw new Error(`no mission: ${answer.status} ${answer.text}`);
    return answer.body;
  }
}

const isRaw = (
  body: object | string,
): body is string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> =>
  typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
