import type Router from '@koa/router';
import type { Context } from 'koa';
import { type Static, type TSchema, Type } from 'typebox';
import { closed } from '@missions/contracts/fields.ts';
import { checkRun } from '@missions/contracts/mission/requests.ts';
import type { Caller, Idempotency, RequestContract, RunClaim } from '@missions/contracts/request.ts';
import type { Operation } from '@missions/contracts/rest/operation.ts';
import { isForUsers } from '@missions/contracts/rest/operations.ts';
import { parser } from '@missions/contracts/schema.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Reply } from '@missions/messaging/request.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { Authenticate } from '../http/credentials.ts';
import type { Principal } from '../http/principal.ts';
import type { Limit } from '../http/rate-limit.ts';
import { callerOf, userCallerOf } from '../http/caller.ts';
import { ifMatch, runOf } from '../http/headers.ts';
import { idempotencyOf } from '../http/idempotency.ts';
import { jsonBody } from '@missions/http/body.ts';
import { queryObject } from '../http/query.ts';

export interface GatewayContext {
  readonly bus: Pick<Bus, 'request' | 'onNotification' | 'flush'>;
  readonly logger: Logger;
  readonly authenticate: Authenticate;
  /** Authenticates callers of `/api/v1`. */
  readonly authenticateUser: Authenticate;
  readonly limit: Limit;
  readonly defaultCustomerId: string;
  /** Aborted when the gateway begins to stop: a call that waits for something is then answered as things stand. */
  readonly stopping: AbortSignal;
}

export interface Call<Body, Query> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
  readonly if_match?: number;
}

/** The request of a service that executes a call. */
export interface Translation<Contract extends RequestContract = RequestContract> {
  readonly contract: Contract;
  readonly input: Static<Contract['input']>;
  /** For a request that is meant to take long. */
  readonly timeoutMs?: number;
}

export const toRequest = <Contract extends RequestContract>(
  contract: Contract,
  input: Static<Contract['input']>,
): Translation => ({ contract, input });

export interface ResponseContext<Body = unknown, Query = unknown> {
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  readonly idempotency: Idempotency | undefined;
  readonly run: RunClaim | undefined;
  /** Aborted when the caller hangs up. */
  readonly gone: AbortSignal;
}

/**
 * A step between the service's reply and the response. Returns the response's JSON text, or null for none (204). If
 * another request is the one that executes the call, its headers are passed on.
 */
export type ResponseMapper<Body = unknown, Query = unknown> = (
  reply: Reply,
  call: ResponseContext<Body, Query>,
) => Promise<string | Pick<Reply, 'body' | 'headers'> | null>;

type Named = { user_id?: string; agent_id?: string };

/** An unknown query parameter is an error also where no parameter is known. */
export const NoQuery = Type.Object({}, closed);

/**
 * Registers an operation of the contracts on the router. All operations share credential, body, query, caller,
 * idempotency key, precondition and response, which are handled here. A route only translates the call into the owning
 * service's request.
 */
export function registerOperation<Body extends TSchema, Query extends TSchema>(
  router: Router,
  gateway: GatewayContext,
  operation: Operation<Body, Query>,
  translate: (call: Call<Static<Body>, Static<Query>>) => Translation,
  finish?: ResponseMapper<Static<Body>, Static<Query>>,
): void {
  const forUsers = isForUsers(operation);
  const parseBody = operation.body && parser(operation.body);
  const querySchema: TSchema = operation.query ?? NoQuery;
  const parseQuery = parser(querySchema, 'query');
  const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
  router.register(
    path,
    [operation.method],
    [
      async (ctx, next) => {
        const principal = await (forUsers ? gateway.authenticateUser : gateway.authenticate)(ctx.req.headers);
        await gateway.limit(principal);
        ctx.state['principal'] = principal;
        await next();
      },
      jsonBody,
      async (ctx: Context & { params: Record<string, string> }) => {
        const body = (parseBody ? parseBody(ctx.state['body']) : {}) as Static<Body>;
        const query = parseQuery(queryObject(ctx.querystring, querySchema)) as Static<Query>;
        const { user_id, agent_id } = { ...(query as Named), ...(body as Named) };
        const principal = ctx.state['principal'] as Principal;
        const caller = forUsers
          ? userCallerOf(principal, ctx.req.headers, gateway.defaultCustomerId)
          : callerOf(principal, ctx.req.headers, { user_id, agent_id }, gateway.defaultCustomerId);
        const version = operation.conditional ? ifMatch(ctx.req.headers) : undefined;
        const { contract, input, timeoutMs } = translate({
          body,
          query,
          params: ctx.params,
          ...(version !== undefined && { if_match: version }),
        });
        const run = operation.method === 'get' || operation.fenced ? undefined : runOf(ctx.req.headers);
        if (run && contract.service !== 'mission') await holdsLease(gateway, caller, run);
        const idempotency = operation.repeatable ? undefined : idempotencyOf(ctx, caller);
        const reply = await gateway.bus.request(
          contract,
          { caller, input, ...(idempotency && { idempotency }), ...(run && { run }) },
          timeoutMs === undefined ? {} : { timeoutMs },
        );
        const finished = finish
          ? await finish(reply, { caller, params: ctx.params, body, query, idempotency, run, gone: goneOf(ctx) })
          : reply;
        if (finished === null) {
          ctx.status = 204;
          return;
        }
        ctx.status = operation.status;
        ctx.type = 'application/json';
        const { body: answer, headers } =
          typeof finished === 'string' ? { body: finished, headers: reply.headers } : finished;
        ctx.body = answer;
        if (operation.etag && headers.version !== undefined) ctx.set('ETag', `"${headers.version}"`);
        if (headers.replayed) ctx.set('Idempotency-Replayed', 'true');
      },
    ],
  );
}

/**
 * Asks the mission service for the lease of `X-Run`, before another service writes. Leases belong to the mission
 * service, which checks them in the transaction of its own writes; a write of another service is not in that
 * transaction, so a lease that is lost in the milliseconds between this answer and that write is not noticed. Closing
 * that gap would take a lock held across two services. The check comes before the lookup of the idempotency key: an
 * agent that has lost its lease must stop, also when it only repeats a call.
 * @throws Problem LEASE_LOST
 */
const holdsLease = ({ bus }: GatewayContext, caller: Caller, run: RunClaim): Promise<Reply> =>
  bus.request(checkRun, { caller, run, input: {} });

function goneOf(ctx: Context): AbortSignal {
  const gone = new AbortController();
  ctx.res.once('close', () => gone.abort());
  return gone.signal;
}
