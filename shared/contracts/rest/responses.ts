import { component } from '../components.ts';
import type { ErrorCode } from '../errors.ts';
import type { Operation } from './operation.ts';

type Schema = Record<string, unknown>;
type StatusOf = (code: ErrorCode) => number;

const header = (description: string, schema: Schema = { type: 'string' }): Schema => ({ description, schema });

/** Response headers, declared once as components and referred to by every operation. */
export const responseHeaders: Record<string, Schema> = {
  'X-Request-ID': header('id of the call in the logs'),
  traceparent: header('W3C trace context of the call'),
  ETag: header('the version of the mission, for `If-Match`', { type: 'string', examples: ['"7"'] }),
  'Idempotency-Replayed': header('`true`: the stored response to an earlier call with the same key', {
    type: 'string',
    enum: ['true'],
  }),
  'Retry-After': header('seconds to wait before the next attempt', { type: 'string', pattern: '^\\d+$' }),
  'WWW-Authenticate': header('how to authenticate'),
};

const headers = (...names: string[]): Schema =>
  Object.fromEntries(
    ['X-Request-ID', 'traceparent', ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );

/** The error codes of an operation: its own and those of every call with its method and body. */
function refusalsOf({ method, body, refusals, repeatable, fenced, scope }: Operation): readonly ErrorCode[] {
  const common: ErrorCode[] = [
    'VALIDATION_FAILED',
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'RATE_LIMITED',
    'INTERNAL',
    'UNAVAILABLE',
    'TIMEOUT',
  ];
  if (scope) common.push('KEY_EXPIRED', 'SCOPE_REQUIRED');
  if (body) common.push('PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  if (method === 'post' && !repeatable) common.push('IDEMPOTENCY_KEY_REUSED');
  if (method !== 'get') common.push('USER_ERASED');
  if (method !== 'get' && !fenced) common.push('LEASE_LOST');
  return [...new Set([...common, ...refusals])];
}

const success: Record<Operation['status'], string> = {
  200: 'done',
  201: 'created',
  202: 'received',
  204: 'done; the response has no body',
};

/** The `responses` object of an operation: one entry for each status it may respond with. */
export function responsesOf(
  it: Operation,
  statusOf: StatusOf,
  schemas: Record<string, Schema>,
  example: unknown,
): Schema {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of refusalsOf(it)) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  const special = [
    ...(it.etag ? ['ETag'] : []),
    ...(it.method === 'post' && !it.repeatable ? ['Idempotency-Replayed'] : []),
  ];
  const json = it.status !== 204 && {
    'application/json': { schema: component(it.response, schemas), ...(example !== undefined && { example }) },
  };
  const content = it.events ? eventStream(component(it.response, schemas)) : json;
  return {
    [it.status]: {
      description: success[it.status],
      headers: headers(...special),
      ...(content && { content }),
    },
    ...(it.etag && it.method === 'get' && { 304: { description: 'not changed since', headers: headers('ETag') } }),
    ...(it.noContent && { 204: { description: it.noContent, headers: headers() } }),
    ...Object.fromEntries(
      [...byStatus].toSorted(([one], [other]) => one - other).map(([status, codes]) => [status, refusal(codes)]),
    ),
  };
}

/**
 * OpenAPI 3.1 cannot describe a stream of events. The schema says that the body is text, and `contentSchema` describes
 * the `data` of one event.
 */
const eventStream = (data: Schema): Schema => ({
  'text/event-stream': {
    schema: {
      type: 'string',
      description: 'server-sent events; `contentSchema` describes the `data` of each',
      contentMediaType: 'application/json',
      contentSchema: data,
    },
  },
});

function refusal(codes: readonly ErrorCode[]): Schema {
  const special = codes.flatMap((code) =>
    code === 'UNAUTHENTICATED' || code === 'SCOPE_REQUIRED'
      ? ['WWW-Authenticate']
      : code === 'UNAVAILABLE' || code === 'RATE_LIMITED'
        ? ['Retry-After']
        : [],
  );
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: headers(...special),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}
