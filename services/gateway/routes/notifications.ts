import type Router from '@koa/router';
import {
  changePreferences,
  markToldByAgent,
  readPreferences,
  readWaiting,
} from '@missions/contracts/notifier/requests.ts';
import * as operations from '@missions/contracts/rest/notifications.ts';
import { type GatewayContext, registerOperation, toRequest } from './register-operation.ts';

/** `/api/v1/notifications`: what users want to be told, as the notifier knows it; and what agents tell them. */
export function notificationRoutes(router: Router, gateway: GatewayContext): void {
  registerOperation(router, gateway, operations.getMyPreferences, () => toRequest(readPreferences, {}));
  registerOperation(router, gateway, operations.updateMyPreferences, ({ body }) => toRequest(changePreferences, body));
  registerOperation(router, gateway, operations.listNotifications, () => toRequest(readWaiting, {}));
  registerOperation(router, gateway, operations.markNotificationsTold, ({ body: { ids } }) =>
    toRequest(markToldByAgent, { ids }),
  );
}
