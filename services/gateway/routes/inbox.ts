import type Router from '@koa/router';
import * as requests from '@missions/contracts/mission/inbox.ts';
import * as operations from '@missions/contracts/rest/inbox.ts';
import { type GatewayContext, registerOperation, toRequest } from './register-operation.ts';
import { tellSeen } from './seen.ts';

/** `/api/v1/inbox`: what waits for the user, as the mission service knows it. */
export function inboxRoutes(router: Router, gateway: GatewayContext): void {
  registerOperation(router, gateway, operations.listMyInbox, ({ query }) => toRequest(requests.readInbox, query));
  registerOperation(
    router,
    gateway,
    operations.markInboxSeen,
    ({ body }) => toRequest(requests.markSeen, body),
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
  registerOperation(router, gateway, operations.snoozeInboxItem, ({ body }) => toRequest(requests.snoozeItem, body));
}
