import type Router from '@koa/router';
import * as operations from '@missions/contracts/rest/stop.ts';
import { changeStop, readStop } from '@missions/contracts/scheduler/stop.ts';
import { type GatewayContext, registerOperation, toRequest } from './register-operation.ts';

/** `/api/v1/stop`: the user's own kill switch, which the scheduler keeps. */
export function stopRoutes(router: Router, gateway: GatewayContext): void {
  registerOperation(router, gateway, operations.getMyStop, () => toRequest(readStop, {}));
  registerOperation(router, gateway, operations.stopMyAgents, () => toRequest(changeStop, { stopped: true }));
  registerOperation(
    router,
    gateway,
    operations.letMyAgentsGoOn,
    () => toRequest(changeStop, { stopped: false }),
    () => Promise.resolve(null),
  );
}
