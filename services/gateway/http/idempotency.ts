import { hash } from 'node:crypto';
import type { Context } from 'koa';
import type { Caller, Idempotency } from '@missions/contracts/request.ts';
import { headerText } from './headers.ts';

/**
 * The `Idempotency-Key` of a POST with its scope: agent or other credential, customer, user, method and path
 * (specification section 5). An agent that exchanges its key is still the same agent. The body counts by its meaning:
 * JSON gives the order of members and the way in which a number is written none.
 */
export function idempotencyOf(ctx: Context, caller: Caller): Idempotency | undefined {
  const key = headerText(ctx.req.headers, 'Idempotency-Key');
  if (key === undefined || ctx.method !== 'POST') return undefined;
  const body: unknown = ctx.state['body'];
  const who = caller.kind === 'agent' ? ['agent', caller.agent_id] : caller.credential;
  const scopeOf = (whose: unknown) => JSON.stringify([whose, caller.customer_id, caller.user_id, ctx.method, ctx.path]);
  return {
    scope: scopeOf(who),
    key,
    hash: hashOf(inOrder(body)),
    earlier: { scope: scopeOf(caller.credential), hash: hashOf(body) },
  };
}

const hashOf = (value: unknown): string => hash('sha256', JSON.stringify(value), 'base64url');

/** The value with the members of its objects in order, as entries: an object would sort names that are numbers first. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== 'object') return value;
  return {
    members: Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, inOrder(member)]),
  };
}
