import type { Context, Middleware } from 'koa';
import { type ErrorCode, Problem } from '@missions/contracts/errors.ts';
import { currentContext } from '@missions/runtime/context.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/** The codes that this agent answers with, and their HTTP statuses: the gateway's, of which it has a few (specification section 5). */
const statuses: Partial<Record<ErrorCode, readonly [status: number, title: string]>> = {
  VALIDATION_FAILED: [400, 'The input is not valid'],
  UNAUTHENTICATED: [401, 'A valid key is needed'],
  NOT_FOUND: [404, 'Nothing is here'],
  METHOD_NOT_ALLOWED: [405, 'This method is not allowed here'],
  PAYLOAD_TOO_LARGE: [413, 'The body is too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'This media type is not understood'],
  RATE_LIMITED: [429, 'Too many requests'],
  UNAVAILABLE: [503, 'Not available just now'],
  TIMEOUT: [504, 'No answer in time'],
};
const unexpected = [500, 'Something went wrong here'] as const;

/** RFC 9457. */
export function problemDocument(
  problem: Problem,
): { readonly status: number; readonly code: ErrorCode } & Record<string, unknown> {
  const [status, title] = statuses[problem.code] ?? unexpected;
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

/** What went wrong, as a caller may be told; anything unexpected is logged, and only that it happened is said. */
export function tellable(error: unknown, logger: Logger): Problem {
  if (error instanceof Problem) return error;
  logger.error({ err: error }, 'request failed');
  return new Problem('INTERNAL', 'An unexpected error occurred; it has been logged with this request id.');
}

/** Every error leaves as a problem document. */
export const problems =
  (logger: Logger): Middleware =>
  async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined)
        throw new Problem(
          'NOT_FOUND',
          `There is nothing at ${ctx.path.slice(0, 200)}. This agent answers POST /v1/chat.`,
        );
      if ((ctx.status === 405 || ctx.status === 501) && ctx.body === undefined)
        throw new Problem('METHOD_NOT_ALLOWED', 'This agent answers POST /v1/chat.');
    } catch (error) {
      show(ctx, tellable(error, logger));
    }
  };

function show(ctx: Context, problem: Problem): void {
  const document = problemDocument(problem);
  ctx.status = document.status;
  if (problem.code === 'UNAUTHENTICATED') ctx.set('WWW-Authenticate', 'Bearer realm="agent"');
  if (problem.code === 'UNAVAILABLE' || problem.code === 'RATE_LIMITED') ctx.set('Retry-After', '5');
  ctx.body = JSON.stringify(document);
  ctx.type = 'application/problem+json';
}
