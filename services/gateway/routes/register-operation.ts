import type Router from '@koa/router';
import type { Context } from 'koa';
import { type Static, type TSchema, Type } from 'typebox';
import { Problem } from '@missions/contracts/errors.ts';
import { closed } from '@missions/contracts/fields.ts';
import { checkRun } from '@missions/contracts/mission/requests.ts';
import type { Caller, Idempotency, RequestContract, RunClaim } from '@missions/contracts/request.ts';
import type { Operation } from '@missions/contracts/rest/operation.ts';
import { isForBackend, isForOperators, isForUsers } from '@missions/contracts/rest/operations.ts';
import { leaseLoss, leaseLostDetail } from '@missions/contracts/scheduler/runs.ts';
import { parser } from '@missions/contracts/schema.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { NatsAddress } from '@missions/messaging/connect.ts';
import type { Reply } from '@missions/messaging/request.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { Authenticate } from '../http/credentials.ts';
import { type IsOperator, refuseOthers } from '../http/operators.ts';
import type { Principal } from '../http/principal.ts';
import type { Limit } from '../http/rate-limit.ts';
import { callerOf, refuseBeyondScopes, userCallerOf } from '../http/caller.ts';
import { type DeedRecorder, recordsRefusedDeed } from '../http/refused-deed.ts';
import { hasVersion, ifMatch, runOf } from '../http/headers.ts';
import { idempotencyOf } from '../http/idempotency.ts';
import { jsonBody } from '@missions/http/body.ts';
import { isRead, refuseForeignPages } from '../http/own-page.ts';
import { queryObject } from '../http/query.ts';
import type { SignIn } from '../sessions/sign-in.ts';
import { startWaiting, type WaitingCall, type WaitingCalls } from '../http/waiting-call.ts';

export interface GatewayContext extends WaitingCalls, DeedRecorder {
  readonly bus: Pick<Bus, 'request' | 'onNotification' | 'flush'>;
  readonly logger: Logger;
  /** The clock of the gateway's database. */
  readonly clock: Pick<Clock, 'now'>;
  readonly authenticate: Authenticate;
  /** Authenticates callers of `/api/v1`. */
  readonly authenticateUser: Authenticate;
  readonly limit: Limit;
  readonly defaultCustomerId: string;
  /** Undefined for a gateway without a database, which has no sessions. */
  readonly signIn: SignIn | undefined;
  readonly isOperator: IsOperator;
  /** What an operator's calls need beside the services: the operators' login at NATS, and where deeds are recorded. */
  readonly operating: { readonly nats: NatsAddress | undefined; readonly databaseUrl: string | undefined };
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
  /** The call may wait so long. Its caller then holds a waiting place, and its credential is watched meanwhile. */
  readonly waitMs?: number;
  /** Sends the request of a call with `waitMs` in another way than `bus.request`. */
  readonly send?: (call: {
    readonly caller: Caller;
    readonly gone: AbortSignal;
    readonly waiting: WaitingCall;
  }) => Promise<Reply>;
  /** What is done around the request, which may be sent more than once, and with more than the call says. */
  readonly around?: (caller: Caller, request: (more?: object) => Promise<Reply>) => Promise<Reply>;
}

/** What the gateway answers by itself, from its own tables; null for no body. */
export interface OwnAnswer {
  readonly answer: (call: { readonly caller: Caller; readonly principal: Principal }) => Promise<object | null>;
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
  /** Aborted when the caller hangs up before it has the whole response. */
  readonly gone: AbortSignal;
  /** Of a call that waits. */
  readonly waiting: WaitingCall | undefined;
}

/**
 * A step between the service's reply and the response. Returns the response's JSON text, or null for none (204). If
 * another request is the one that executes the call, its headers are passed on.
 */
export type ResponseMapper<Body = unknown, Query = unknown> = (
  reply: Reply,
  call: ResponseContext<Body, Query>,
) => Promise<string | Pick<Reply, 'body' | 'headers'> | null>;

/** The caller of a read has the mission's version already. */
const UNCHANGED: Pick<Reply, 'body' | 'headers'> = { body: '', headers: {} };

/** How long a refused write waits for the reason. */
const REASON_MS = 1_000;

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
  translate: (call: Call<Static<Body>, Static<Query>>) => Translation | OwnAnswer,
  finish?: ResponseMapper<Static<Body>, Static<Query>>,
): void {
  const forOperators = isForOperators(operation);
  const forUsers = isForUsers(operation) || forOperators;
  const parseBody = operation.body && parser(operation.body);
  const querySchema: TSchema = operation.query ?? NoQuery;
  const parseQuery = parser(querySchema, 'query');
  const authenticate = forUsers ? gateway.authenticateUser : gateway.authenticate;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
  router.register(
    path,
    [operation.method],
    [
      ...(operation.deed ? [recordsRefusedDeed(gateway, operation.deed)] : []),
      async (ctx, next) => {
        const principal = await authenticate(ctx.req.headers);
        if (gateway.signIn && hasSession(principal) && !isRead(ctx)) refuseForeignPages(ctx, gateway.signIn.publicUrl);
        await gateway.limit(principal);
        if (forOperators) refuseOthers(gateway.isOperator, principal);
        // What is the backend's is refused, and recorded, by the service that it belongs to.
        if (!isForBackend(operation)) refuseBeyondScopes(principal, operation.scope);
        ctx.state['principal'] = principal;
        await next();
      },
      jsonBody,
      async (ctx: Context & { params: Record<string, string> }) => {
        const body = (parseBody ? parseBody(ctx.state['body']) : {}) as Static<Body>;
        const query = parseQuery(queryObject(ctx.querystring, querySchema)) as Static<Query>;
        const { user_id, agent_id } = { ...(query as Named), ...(body as Named) };
        const principal = ctx.state['principal'] as Principal;
        const named = forUsers
          ? userCallerOf(principal, ctx.req.headers, gateway.defaultCustomerId)
          : callerOf(principal, ctx.req.headers, { user_id, agent_id }, gateway.defaultCustomerId);
        const kind = forOperators ? 'operator' : named.kind;
        const caller: Caller = { ...named, kind, origin: gateway.origins.of(ctx) };
        ctx.state['caller'] = caller;
        const version = operation.conditional ? ifMatch(ctx.req.headers) : undefined;
        const translated = translate({
          body,
          query,
          params: ctx.params,
          ...(version !== undefined && { if_match: version }),
        });
        if ('answer' in translated) {
          ctx.body = await translated.answer({ caller, principal });
          ctx.status = operation.status;
          return;
        }
        const { contract, input, timeoutMs, waitMs, send, around } = translated;
        const run = operation.method === 'get' || operation.fenced ? undefined : runOf(ctx.req.headers);
        const idempotency = operation.repeatable ? undefined : idempotencyOf(ctx, caller);
        const gone = goneOf(ctx);
        const waiting =
          waitMs === undefined
            ? undefined
            : startWaiting(gateway, {
                headers: ctx.req.headers,
                authenticate,
                principal,
                customerId: caller.customer_id,
                waits: waitMs > 0,
              });
        const execute = async () => {
          if (run && contract.service !== 'mission') await holdsLease(gateway, caller, run);
          ctx.state['sent'] = true;
          const request = (more: object = {}) =>
            gateway.bus.request(
              contract,
              {
                caller,
                input: { ...(input as object), ...more },
                ...(idempotency && { idempotency }),
                ...(run && { run }),
              },
              timeoutMs === undefined ? {} : { timeoutMs },
            );
          const reply =
            send && waiting
              ? await send({ caller, gone, waiting })
              : await (around ? around(caller, request) : request());
          const call = { caller, params: ctx.params, body, query, idempotency, run, gone, waiting };
          const { version: now } = reply.headers;
          if (operation.etag && operation.method === 'get' && now !== undefined && hasVersion(ctx.req.headers, now))
            return { reply, finished: UNCHANGED };
          return { reply, finished: finish ? await finish(reply, call) : reply };
        };
        const { reply, finished } = await execute()
          .catch(async (error: unknown) => {
            throw run ? await withReason(gateway, caller, run, error) : error;
          })
          .finally(() => waiting?.leave());
        if (finished === null) {
          ctx.status = 204;
          return;
        }
        if (operation.etag && reply.headers.version !== undefined) ctx.set('ETag', `"${reply.headers.version}"`);
        if (finished === UNCHANGED) {
          ctx.status = 304;
          return;
        }
        ctx.status = operation.status;
        ctx.type = 'application/json';
        const { body: answer, headers } =
          typeof finished === 'string' ? { body: finished, headers: reply.headers } : finished;
        ctx.body = answer;
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

const hasSession = (principal: Principal): boolean => principal.kind === 'user' && principal.session !== undefined;

function goneOf(ctx: Context): AbortSignal {
  const gone = new AbortController();
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) gone.abort();
  });
  if (ctx.res.destroyed) gone.abort();
  return gone.signal;
}

/**
 * `LEASE_LOST` with its reason. The mission service names it where the mission shows it (paused, ended); why else a
 * lease ended, the scheduler knows. The caller is not kept without its answer if the scheduler does not know either.
 */
async function withReason({ bus }: GatewayContext, caller: Caller, run: RunClaim, error: unknown): Promise<unknown> {
  if (!(error instanceof Problem) || error.code !== 'LEASE_LOST' || error.members['reason'] !== undefined) return error;
  try {
    const reply = await bus.request(
      leaseLoss,
      { caller, input: { run_id: run.id, fence: run.fence } },
      { timeoutMs: REASON_MS },
    );
    const { reason } = reply.json<Static<typeof leaseLoss.output>>();
    if (reason === undefined) return error;
    return new Problem(error.code, leaseLostDetail(reason), { ...error.members, reason });
  } catch {
    return error;
  }
}
