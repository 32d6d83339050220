import type Router from '@koa/router';
import * as requests from '@missions/contracts/mission/inbox.ts';
import * as operations from '@missions/contracts/rest/inbox.ts';
import { delegatorsOf } from './delegations.ts';
import { type GatewayContext, registerOperation, toRequest, type Translation } from './register-operation.ts';
import { tellSeen } from './seen.ts';

/** `/api/v1/inbox`: what waits for the user, as the mission service knows it. */
export function inboxRoutes(router: Router, gateway: GatewayContext): void {
  const forOthersToo: Translation['around'] = async (caller, request) =>
    await request({ delegators: await delegatorsOf(gateway, caller) });
  registerOperation(router, gateway, operations.listMyInbox, ({ query }) => ({
    ...toRequest(requests.readInbox, query),
    // Few answer for others: they wait a little longer, and nobody else does.
    around: async (caller, request) => {
      const [own, delegators] = await Promise.all([request(), delegatorsOf(gateway, caller)]);
      return delegators.length === 0 ? own : await request({ delegators });
    },
  }));
  registerOperation(
    router,
    gateway,
    operations.markInboxSeen,
    ({ body }) => ({ ...toRequest(requests.markSeen, body), around: forOthersToo }),
    async (reply, { caller }) => {
      const { items } = reply.json<{ items: { request_id?: string }[] }>();
      tellSeen(
        gateway,
        caller,
        items.flatMap(({ request_id }) => request_id ?? []),
      );
      return reply;
    },
  );
  registerOperation(router, gateway, operations.snoozeInboxItem, ({ body }) => ({
    ...toRequest(requests.snoozeItem, body),
    around: forOthersToo,
  }));
}
