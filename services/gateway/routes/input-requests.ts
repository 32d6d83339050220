import type Router from '@koa/router';
import type { AskedInputRequest, InputRequest } from '@missions/contracts/approval/input-request.ts';
import * as approval from '@missions/contracts/approval/requests.ts';
import { askUser as askRequest } from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/input-requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { ask, registerOperation, type GatewayContext } from './register-operation.ts';
import { missionId, requestId } from './ids.ts';

/** How long the hand-over may take before the asker is answered without it: the event does it then. */
const HAND_OVER_MS = 2_000;

/** Asking, reading and answering questions. */
export function inputRequestRoutes(router: Router, edge: GatewayContext): void {
  registerOperation(
    router,
    edge,
    operations.askUser,
    ({ params, body: { agent_id: _agent, ...question } }) =>
      ask(askRequest, { mission_id: missionId(params), question }),
    async (reply, { caller }) => {
      const asked = reply.json<AskedInputRequest>();
      await handOver(edge, caller, asked);
      // As it stood when it was asked, also when a repeated call finds it answered: the same key gives the first answer again.
      const shown: InputRequest = {
        ...asked,
        request_id: asked.id,
        status: 'pending',
        response: null,
        responded_at: null,
      };
      return JSON.stringify(shown);
    },
  );

  registerOperation(
    router,
    edge,
    operations.getInputRequest,
    ({ params }) => ask(approval.getInputRequest, { request_id: requestId(params), mission_id: missionId(params) }),
    async (reply, { caller, params, query, gone }) => {
      const seconds = (query as { wait?: number }).wait ?? 0;
      const first = reply.json<InputRequest>();
      return seconds > 0 && first.status === 'pending'
        ? answerWithin(edge, caller, missionId(params), first, seconds * 1000, gone)
        : reply.body;
    },
  );

  for (const operation of [operations.listMyInputRequests, operations.listPendingInputs]) {
    const pendingOnly = operation.id === operations.listPendingInputs.id;
    registerOperation(router, edge, operation, ({ query }) =>
      ask(approval.listInputRequests, pendingOnly ? { status: ['pending'], ...query } : query),
    );
  }

  registerOperation(router, edge, operations.respondToInputRequest, ({ params, body: answer }) =>
    ask(approval.respondInputRequest, { request_id: requestId(params), answer }),
  );
}

/**
 * The mission service has committed the question with its event, which is the guarantee; handing it over here as well lets the asker read its own
 * write at once. If that fails, nothing is lost, so the asker is not told.
 */
async function handOver({ bus, logger }: GatewayContext, caller: Caller, asked: AskedInputRequest): Promise<void> {
  try {
    await bus.request(approval.ensureInputRequest, { caller, input: asked }, { timeoutMs: HAND_OVER_MS });
  } catch (error) {
    logger.warn({ err: error, request_id: asked.id }, 'a question was not handed over; its event will do it');
  }
}

/**
 * Waits for the hint that the question was decided: no query while it waits, and one after; none when the gateway is stopping, for the approval service
 * may be stopping as well.
 */
async function answerWithin(
  { bus, stopping }: GatewayContext,
  caller: Caller,
  mission_id: string,
  { id, customer_id, user_id }: InputRequest,
  milliseconds: number,
  gone: AbortSignal,
): Promise<string> {
  const read = () => bus.request(approval.getInputRequest, { caller, input: { request_id: id, mission_id } });
  const decided = Promise.withResolvers<void>();
  const unsubscribe = bus.onNotification(customer_id, user_id, (hint) => {
    if ((hint as { id?: unknown } | null)?.id === id) decided.resolve();
  });
  const timer = setTimeout(decided.resolve, milliseconds);
  const end = (): void => decided.resolve();
  gone.addEventListener('abort', end, { once: true });
  stopping.addEventListener('abort', end, { once: true });
  try {
    // It may have been decided before the server knew of the subscription.
    await bus.flush();
    const again = await read();
    if (stopping.aborted || again.json<InputRequest>().status !== 'pending') return again.body;
    await decided.promise;
    return stopping.aborted ? again.body : (await read()).body;
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', end);
    unsubscribe();
  }
}
