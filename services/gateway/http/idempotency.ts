import { hash } from 'node:crypto';
import type { Context } from 'koa';
import type { Caller, Idempotency } from '@missions/contracts/request.ts';
import { headerText } from './headers.ts';

/**
 * The `Idempotency-Key` of a POST with its scope: credential, customer, user, method and path (specification section
 * 5).
 */
export function idempotencyOf(ctx: Context, caller: Caller): Idempotency | undefined {
  const key = headerText(ctx.req.headers, 'Idempotency-Key');
  if (key === undefined || ctx.method !== 'POST') return undefined;
  return {
    scope: JSON.stringify([caller.credential, caller.customer_id, caller.user_id, ctx.method, ctx.path]),
    key,
    hash: hash('sha256', JSON.stringify(ctx.state['body']), 'base64url'),
  };
}
