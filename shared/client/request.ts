import type { Operation } from '@missions/contracts/rest/operation.ts';
import { MissionsError } from './missions-error.ts';
import type { CallOptions, Settings } from './options.ts';

export interface OperationInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: object;
  /** A POST without a key that may be sent again all the same: what a lost attempt did is undone by itself. */
  readonly harmless?: boolean;
  /** A `user_id` in the body is whom the call is about, and not who calls. */
  readonly aboutOthers?: boolean;
}

/** What a call needs to know of an operation. Those of users come without their schemas: see `userOperations`. */
export interface CallableOperation extends Pick<Operation, 'method' | 'path' | 'repeatable' | 'conditional'> {
  readonly body?: unknown;
  readonly query?: unknown;
}

/** The request of a call, the same in every attempt, including its idempotency key and its request id. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly requestId: string;
  /** Whether a repetition does no harm: a GET, or a write with an `Idempotency-Key` or an `If-Match`, for example. */
  readonly idempotent: boolean;
}

interface WithUser {
  user_id?: string;
}

/**
 * Builds the request of an operation. @throws {MissionsError} `VALIDATION_FAILED` for a path parameter that would
 * change the path.
 */
export function buildRequest(
  { baseUrl, credential, customerId, userId, agentId }: Settings,
  operation: CallableOperation,
  { params = {}, query = {}, body, aboutOthers = false, harmless }: OperationInput,
  options: CallOptions,
): HttpRequest {
  for (const [name, id] of Object.entries(params)) if (/^\.{0,2}$/.test(id)) throw notAnId(name);
  const clientUser = { user_id: userId };
  const sentBody = body && { ...(requires(operation.body, 'user_id') && clientUser), ...body };
  const sentQuery = { ...(requires(operation.query, 'user_id') && clientUser), ...query };
  const named = aboutOthers ? undefined : (sentBody as WithUser | undefined)?.user_id;
  const user = named ?? (sentQuery as WithUser).user_id ?? userId;
  const requestId = options.requestId ?? randomKey();
  const idempotencyKey =
    operation.method === 'post' && !operation.repeatable ? (options.idempotencyKey ?? randomKey()) : undefined;
  const ifMatch = operation.conditional && options.ifVersion !== undefined ? `"${options.ifVersion}"` : undefined;
  const headers = {
    Authorization: credential && `Bearer ${credential}`,
    Accept: 'application/json, application/problem+json',
    'Content-Type': body && 'application/json',
    'X-Customer-ID': customerId && headerValue(customerId),
    'X-User-ID': user && headerValue(user),
    'X-Agent-Instance-ID': agentId && headerValue(agentId),
    'Idempotency-Key': idempotencyKey && headerValue(idempotencyKey),
    'If-Match': ifMatch,
    'X-Run': options.run && `${options.run.id}:${options.run.fence}`,
    'X-Request-ID': requestId,
    traceparent: options.traceparent,
  };
  return {
    url: `${baseUrl}${pathOf(operation.path, params)}${queryString(sentQuery)}`,
    method: operation.method.toUpperCase(),
    headers: Object.fromEntries(
      Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined),
    ),
    body: sentBody ? JSON.stringify(sentBody) : null,
    requestId,
    idempotent: operation.method === 'get' || operation.method === 'put' || !!(idempotencyKey ?? ifMatch ?? harmless),
  };
}

/** Its own, because that of the contracts brings every error code into what a browser loads. */
const pathOf = (path: string, ids: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const id = ids[name];
    if (id === undefined) throw notAnId(name);
    return encodeURIComponent(id);
  });

/** An empty segment, `.` and `..` would address another resource. */
function notAnId(name: string): MissionsError {
  const errors = [{ path: name, message: 'must be an id' }];
  return new MissionsError({
    code: 'VALIDATION_FAILED',
    detail: `${name}: must be an id`,
    attempts: 0,
    problem: { errors },
  });
}

const requires = (schema: unknown, member: string): boolean =>
  ((schema as { required?: readonly string[] } | undefined)?.required ?? []).includes(member);

/** Lists are comma-separated: `status=active,waiting`. */
function queryString(query: object): string {
  const given = Object.entries(query as Record<string, unknown>).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text && `?${text}`;
}

/**
 * `fetch` sends one byte for each character of a header value. This is the text in UTF-8, which the gateway expects.
 */
const headerValue = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

/** 128 random bits in hexadecimal. `crypto.randomUUID` is not used: browsers offer it only on pages of https. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
