import type { Context, Middleware } from 'koa';
import { type ErrorCode, Problem } from '@missions/contracts/errors.ts';
import { currentContext } from '@missions/runtime/context.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/** The one place where an error code meets an HTTP status (specification section 5). Services know codes only. */
const statuses: Record<ErrorCode, { status: number; title: string }> = {
  VALIDATION_FAILED: { status: 400, title: 'The input is not valid' },
  UNAUTHENTICATED: { status: 401, title: 'A valid credential is needed' },
  FORBIDDEN: { status: 403, title: 'This credential may not do that' },
  NOT_FOUND: { status: 404, title: 'Nothing is here' },
  MISSION_NOT_FOUND: { status: 404, title: 'No such mission' },
  TASK_NOT_FOUND: { status: 404, title: 'No such task' },
  INPUT_REQUEST_NOT_FOUND: { status: 404, title: 'No such input request' },
  EMAIL_NOT_FOUND: { status: 404, title: 'No such e-mail' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This method is not allowed here' },
  INVALID_TRANSITION: { status: 409, title: 'This step is not allowed from here' },
  MISSION_CLOSED: { status: 409, title: 'The mission has ended' },
  CIRCULAR_DEPENDENCY: { status: 409, title: 'Tasks would wait for each other' },
  INVALID_DEPENDENCY: { status: 409, title: 'A dependency is not a task of this mission' },
  ALREADY_RESPONDED: { status: 409, title: 'The request was decided already' },
  REQUEST_EXPIRED: { status: 409, title: 'The request has expired' },
  LEASE_LOST: { status: 409, title: 'The lease of this run is another’s' },
  VERSION_MISMATCH: { status: 412, title: 'The mission has changed' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'This media type is not understood' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key belongs to another request' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Something went wrong here' },
  UNAVAILABLE: { status: 503, title: 'Not available just now' },
  TIMEOUT: { status: 504, title: 'No answer in time' },
};

export const statusOf = (code: ErrorCode): number => statuses[code].status;

const RETRY_AFTER_SECONDS = '1';

/** Outermost but for logging: every error leaves as a problem document (RFC 9457), and nothing of an unexpected one but that it happened. */
export const problems =
  (logger: Logger): Middleware =>
  async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined)
        throw new Problem('NOT_FOUND', `There is nothing at ${ctx.path.slice(0, 200)}. See /openapi.json.`);
      // The router has set `Allow` by now, which an error that it throws would not bear.
      if ((ctx.status === 405 || ctx.status === 501) && ctx.body === undefined)
        throw new Problem('METHOD_NOT_ALLOWED', 'See /openapi.json for what this path takes.');
    } catch (error) {
      if (!(error instanceof Problem))
        logger.error({ err: error, method: ctx.method, path: ctx.path }, 'request failed');
      show(
        ctx,
        error instanceof Problem
          ? error
          : new Problem('INTERNAL', 'An unexpected error occurred; it has been logged with this request id.'),
      );
    }
  };

function show(ctx: Context, problem: Problem): void {
  const { status, title } = statuses[problem.code];
  const requestId = currentContext()?.requestId;
  ctx.status = status;
  if (problem.code === 'UNAUTHENTICATED') ctx.set('WWW-Authenticate', 'Bearer realm="missions"');
  const { retry_after } = problem.members;
  if (problem.code === 'UNAVAILABLE' || problem.code === 'RATE_LIMITED')
    ctx.set('Retry-After', typeof retry_after === 'number' ? String(retry_after) : RETRY_AFTER_SECONDS);
  ctx.body = JSON.stringify({
    ...problem.members,
    type: `urn:missions:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: problem.detail,
    code: problem.code,
    ...(requestId && { request_id: requestId }),
  });
  ctx.type = 'application/problem+json';
}
