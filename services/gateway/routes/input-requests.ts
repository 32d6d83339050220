import type Router from '@koa/router';
import {
  type AskedInputRequest,
  askedRepresentation,
  type InputRequest,
  isByRule,
} from '@missions/contracts/approval/input-request.ts';
import * as approval from '@missions/contracts/approval/requests.ts';
import { askUser as askRequest, withdrawInput } from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/input-requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { toRequest, registerOperation, type GatewayContext } from './register-operation.ts';
import type { WaitingCall } from '../http/waiting-call.ts';
import { reachOf } from './reach.ts';
import { tellSeen } from './seen.ts';
import { deliverAsked, deliverOutcome, endWithdrawn } from './short-ways.ts';
import { missionId, requestId } from './ids.ts';
import { onceKnown, withUnheard } from './known-questions.ts';

/** Asks, reads, lists and answers input requests. */
export function inputRequestRoutes(router: Router, gateway: GatewayContext): void {
  registerOperation(
    router,
    gateway,
    operations.askUser,
    ({ params, body: { agent_id: _agent, ...question } }) =>
      toRequest(askRequest, { mission_id: missionId(params), question }),
    async (reply, { caller }) => {
      const asked = reply.json<AskedInputRequest>();
      const [reach, now] = await Promise.all([reachOf(gateway, caller, asked), deliverAsked(gateway, caller, asked)]);
      // The request as it stood when it was asked, also when a repeated call finds it answered: a repeated key gets the
      // first response again. What a rule of the user answers is answered when it is asked.
      const byRule = now?.response && isByRule(now.response.via) ? now : undefined;
      return JSON.stringify({ ...(byRule ?? askedRepresentation(asked)), ...(reach && { reach }) });
    },
  );

  registerOperation(
    router,
    gateway,
    operations.getInputRequest,
    ({ params, query }) => {
      const { wait = 0 } = query as { wait?: number };
      const ids = { request_id: requestId(params), mission_id: missionId(params) };
      return {
        ...toRequest(approval.getInputRequest, ids),
        ...(wait > 0 && { waitMs: wait * 1000 }),
        around: (caller, request) => onceKnown(gateway, caller, ids, request),
      };
    },
    async (reply, { caller, params, query, gone, waiting }) => {
      const seconds = (query as { wait?: number }).wait ?? 0;
      const first = reply.json<InputRequest>();
      return waiting && first.status === 'pending'
        ? responseWithin(gateway, { caller, mission_id: missionId(params), gone, waiting }, first, seconds * 1000)
        : reply.body;
    },
  );

  registerOperation(
    router,
    gateway,
    operations.withdrawInputRequest,
    ({ params, body: { agent_id: _agent, ...body } }) => toRequest(withdrawInput, { ...questionIn(params), ...body }),
    (reply, { caller }) => endWithdrawn(gateway, caller, reply.body),
  );
  registerOperation(
    router,
    gateway,
    operations.withdrawMyInputRequest,
    ({ params, body }) => toRequest(withdrawInput, { ...questionIn(params), ...body }),
    (reply, { caller }) => endWithdrawn(gateway, caller, reply.body),
  );

  for (const operation of [operations.listMyInputRequests, operations.listPendingInputs]) {
    const pendingOnly = operation.id === operations.listPendingInputs.id;
    registerOperation(router, gateway, operation, ({ query }) => {
      const filter: approval.InputRequestFilter = pendingOnly ? { status: ['pending'], ...query } : query;
      return {
        ...toRequest(approval.listInputRequests, filter),
        around: (caller, request) => withUnheard(gateway, caller, filter, request),
      };
    });
  }

  registerOperation(
    router,
    gateway,
    operations.getMyInputRequest,
    ({ params }) => {
      const ids = { request_id: requestId(params) };
      return {
        ...toRequest(approval.getInputRequest, ids),
        around: (caller, request) => onceKnown(gateway, caller, ids, request),
      };
    },
    async (reply, { caller, params }) => {
      tellSeen(gateway, caller, [requestId(params)]);
      return reply;
    },
  );
  registerOperation(router, gateway, operations.listMyDecisions, ({ query }) =>
    toRequest(approval.listDecisions, query),
  );

  registerOperation(router, gateway, operations.verifyReceipt, ({ body: { receipt, action } }) =>
    toRequest(approval.verifyReceipt, { receipt, action }),
  );

  registerOperation(
    router,
    gateway,
    operations.respondToInputRequest,
    ({ params, body: answer }) => {
      const ids = { request_id: requestId(params) };
      return {
        ...toRequest(approval.respondInputRequest, { ...ids, answer }),
        around: (caller, request) => onceKnown(gateway, caller, ids, request),
      };
    },
    async (reply, { caller }) => {
      const { outcome, ...responded } = reply.json<approval.AnsweredInputRequest>();
      if (!outcome) return reply;
      await deliverOutcome(gateway, caller, outcome);
      return JSON.stringify(responded);
    },
  );
}

const questionIn = (params: Readonly<Record<string, string>>) => ({
  mission_id: missionId(params),
  request_id: requestId(params),
});

interface Waiter {
  readonly caller: Caller;
  readonly mission_id: string;
  readonly gone: AbortSignal;
  readonly waiting: WaitingCall;
}

/**
 * Waits for the notification that the input request was decided: no query while it waits, and one afterwards. When the
 * gateway is stopping there is no query either, because the approval service may be stopping too.
 * @throws Problem UNAUTHENTICATED as soon as the credential has ended.
 */
async function responseWithin(
  { bus, stopping }: GatewayContext,
  { caller, mission_id, gone, waiting }: Waiter,
  { id, customer_id, user_id }: InputRequest,
  milliseconds: number,
): Promise<string> {
  const read = () => bus.request(approval.getInputRequest, { caller, input: { request_id: id, mission_id } });
  const decided = Promise.withResolvers<void>();
  const unsubscribe = bus.onNotification(customer_id, user_id, (hint) => {
    const told = hint as { id?: unknown; status?: unknown } | null;
    // A reminder, or one approval of several, leaves it open.
    if (told?.id === id && told.status !== 'pending') decided.resolve();
  });
  const timer = setTimeout(decided.resolve, milliseconds);
  const end = (): void => decided.resolve();
  const over = AbortSignal.any([gone, waiting.ended]);
  over.addEventListener('abort', end, { once: true });
  stopping.addEventListener('abort', end, { once: true });
  try {
    // The request may have been decided before NATS knew of the subscription.
    await bus.flush();
    const again = await read();
    if (stopping.aborted) return again.body;
    const isDecided = again.json<InputRequest>().status !== 'pending';
    if (!isDecided && !over.aborted) await decided.promise;
    waiting.ended.throwIfAborted();
    if (stopping.aborted || gone.aborted) return again.body;
    const { body } = isDecided ? again : await read();
    await waiting.confirm();
    return body;
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', end);
    unsubscribe();
  }
}
