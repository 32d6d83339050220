import type Router from '@koa/router';
import { addDevice, listDevices, removeDevice } from '@missions/contracts/notifier/devices.ts';
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
  registerOperation(router, gateway, operations.listMyDevices, () => toRequest(listDevices, {}));
  registerOperation(router, gateway, operations.addMyDevice, ({ body }) => toRequest(addDevice, body));
  registerOperation(
    router,
    gateway,
    operations.removeMyDevice,
    ({ params: { device_id = '' } }) => toRequest(removeDevice, { device_id }),
    () => Promise.resolve(null),
  );
}
