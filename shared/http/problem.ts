import type { Context, Middleware } from 'koa';
import { type ErrorCode, Problem } from '@missions/contracts/errors.ts';
import { currentContext } from '@missions/runtime/context.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/**
 * The one place that maps error codes to HTTP statuses (specification section 5). Services know codes only.
 */
const statuses: Record<ErrorCode, { status: number; title: string }> = {
  VALIDATION_FAILED: { status: 400, title: 'The input is not valid' },
  UNAUTHENTICATED: { status: 401, title: 'A valid credential is needed' },
  KEY_EXPIRED: { status: 401, title: 'This key has expired' },
  FORBIDDEN: { status: 403, title: 'This credential may not do that' },
  SCOPE_REQUIRED: { status: 403, title: 'This key has not been given that scope' },
  SIGN_IN_REQUIRED: { status: 403, title: 'The sign-in is too long ago for this' },
  RECEIPT_REQUIRED: { status: 403, title: 'The user has not been shown to have approved exactly this' },
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
  ALREADY_RESPONDED: { status: 409, title: 'The input request has been answered or cancelled' },
  REQUEST_EXPIRED: { status: 409, title: 'The input request has expired' },
  CONFIRMATION_REQUIRED: { status: 409, title: 'What cannot be undone needs to be confirmed' },
  BUDGET_SPENT: { status: 409, title: 'The budget of the day is spent' },
  QUOTA_EXCEEDED: { status: 409, title: 'The quota of this customer is used up' },
  LEASE_LOST: { status: 409, title: 'The lease of this run is lost' },
  TASK_CLAIMED: { status: 409, title: 'Another agent has claimed the task' },
  USER_ERASED: { status: 410, title: 'This user or customer was erased' },
  VERSION_MISMATCH: { status: 412, title: 'The mission has changed' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'This media type is not understood' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key belongs to another request' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Something went wrong here' },
  UNAVAILABLE: { status: 503, title: 'Not available at the moment' },
  TIMEOUT: { status: 504, title: 'No answer in time' },
};

export const statusOf = (code: ErrorCode): number => statuses[code].status;

export interface ProblemOptions {
  readonly logger: Logger;
  /** The realm of `WWW-Authenticate` in a 401 (RFC 9110 section 11.6.1). */
  readonly realm: string;
  /** Tells a caller of an unknown path or method where the known ones are described. */
  readonly hint: string;
  /** `Retry-After` of a problem that names none itself. Default 1. */
  readonly retryAfterSeconds?: number;
}

/** Outermost but for logging: every error leaves as a problem document (RFC 9457). */
export const problems =
  ({ logger, realm, hint, retryAfterSeconds = 1 }: ProblemOptions): Middleware =>
  async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) {
        throw new Problem('NOT_FOUND', `There is nothing at ${ctx.path.slice(0, 200)}. ${hint}`);
      }
      // The router has set `Allow` by now; an error that the router itself throws would not carry that header.
      if ((ctx.status === 405 || ctx.status === 501) && ctx.body === undefined) {
        throw new Problem('METHOD_NOT_ALLOWED', `${ctx.method} is not allowed here. ${hint}`);
      }
    } catch (error) {
      respond(ctx, problemFor(error, logger), realm, retryAfterSeconds);
    }
  };

/** The problem that a caller may see. An unexpected error is logged, and the caller learns only that it happened. */
export function problemFor(error: unknown, logger: Logger): Problem {
  if (error instanceof Problem) return error;
  logger.error({ err: error }, 'request failed');
  return new Problem('INTERNAL', 'An unexpected error occurred; it has been logged with this request id.');
}

/** The problem document of RFC 9457, with our `code` and the id of the current request. */
export function problemDocument(problem: Problem): { status: number; code: ErrorCode } & Record<string, unknown> {
  const { status, title } = statuses[problem.code];
  const requestId = currentContext()?.requestId;
  return {
    ...problem.members,
    type: `urn:missions:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: problem.detail,
    code: problem.code,
    ...(requestId && { request_id: requestId }),
  };
}

function respond(ctx: Context, problem: Problem, realm: string, retryAfterSeconds: number): void {
  const document = problemDocument(problem);
  ctx.status = document.status;
  const fault = bearerFault(problem);
  if (fault !== undefined) ctx.set('WWW-Authenticate', `Bearer realm="${realm}"${fault}`);
  if (problem.code === 'UNAVAILABLE' || problem.code === 'RATE_LIMITED') {
    const { retry_after } = problem.members;
    ctx.set('Retry-After', String(typeof retry_after === 'number' ? retry_after : retryAfterSeconds));
  }
  ctx.body = JSON.stringify(document);
  ctx.type = 'application/problem+json';
}

/** What `WWW-Authenticate` says of a credential after its realm (RFC 6750 section 3); undefined where it is not meant. */
function bearerFault({ code, members }: Problem): string | undefined {
  if (code === 'UNAUTHENTICATED') return '';
  if (code === 'KEY_EXPIRED') return ', error="invalid_token", error_description="the key has expired"';
  return code === 'SCOPE_REQUIRED' ? `, error="insufficient_scope", scope="${String(members['scope'])}"` : undefined;
}
