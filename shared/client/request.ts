import { fillPath, type Operation } from '@missions/contracts/rest/operation.ts';
import type { CallOptions } from './call.ts';
import { MissionsError } from './missions-error.ts';
import type { Settings } from './options.ts';

export interface Input {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: object;
}

/** A request that is the same in every attempt, its key and its id included. */
export interface Prepared {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly requestId: string;
  readonly safe: boolean;
}

interface Named {
  user_id?: string;
}

/** Makes the request of an operation as the contracts declare it. @throws {MissionsError} `VALIDATION_FAILED` for an id that would lead elsewhere. */
export function prepare(
  { baseUrl, credential, customerId, userId, agentId }: Settings,
  operation: Operation,
  { params = {}, query = {}, body }: Input,
  options: CallOptions,
): Prepared {
  for (const [name, id] of Object.entries(params)) if (/^\.{0,2}$/.test(id)) throw notAnId(name);
  const named = { user_id: userId };
  const sent = body && { ...(requires(operation.body, 'user_id') && named), ...body };
  const asked = { ...(requires(operation.query, 'user_id') && named), ...query };
  const user = (sent as Named | undefined)?.user_id ?? (asked as Named).user_id ?? userId;
  const requestId = options.requestId ?? newKey();
  const idempotencyKey =
    operation.method === 'post' && !operation.repeatable ? (options.idempotencyKey ?? newKey()) : undefined;
  const ifMatch = operation.conditional && options.ifVersion !== undefined ? `"${options.ifVersion}"` : undefined;
  const headers = {
    Authorization: `Bearer ${credential}`,
    Accept: 'application/json, application/problem+json',
    'Content-Type': body && 'application/json',
    'X-Customer-ID': customerId && bytes(customerId),
    'X-User-ID': user && bytes(user),
    'X-Agent-Instance-ID': agentId && bytes(agentId),
    'Idempotency-Key': idempotencyKey && bytes(idempotencyKey),
    'If-Match': ifMatch,
    'X-Run': options.run && `${options.run.id}:${options.run.fence}`,
    'X-Request-ID': requestId,
    traceparent: options.traceparent,
  };
  return {
    url: `${baseUrl}${fillPath(operation.path, params)}${search(asked)}`,
    method: operation.method.toUpperCase(),
    headers: Object.fromEntries(
      Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined),
    ),
    body: sent ? JSON.stringify(sent) : null,
    requestId,
    safe: operation.method === 'get' || idempotencyKey !== undefined || ifMatch !== undefined,
  };
}

/** Nothing, `.` and `..` name another resource than the one that is meant, once they stand in a path. */
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
function search(query: object): string {
  const given = Object.entries(query as Record<string, unknown>).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text && `?${text}`;
}

/** A header is bytes, of which `fetch` takes one for each character: UTF-8, as the gateway reads it. */
const bytes = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

/** 128 random bits. Not `randomUUID`, which browsers keep from pages of plain http. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
