import type Router from '@koa/router';
import * as webhooks from '@missions/contracts/notifier/webhooks.ts';
import * as operations from '@missions/contracts/rest/webhooks.ts';
import { type GatewayContext, registerOperation, toRequest } from './register-operation.ts';

/** `/api/internal/webhooks`: where the events of a customer are sent, as the notifier knows it. */
export function webhookRoutes(router: Router, gateway: GatewayContext): void {
  const { createWebhook, listWebhooks, getWebhook, updateWebhook, deleteWebhook, rotateWebhookSecret } = operations;
  registerOperation(router, gateway, createWebhook, ({ body }) => toRequest(webhooks.createWebhook, body));
  registerOperation(router, gateway, listWebhooks, () => toRequest(webhooks.listWebhooks, {}));
  registerOperation(router, gateway, getWebhook, ({ params: { webhook_id = '' } }) =>
    toRequest(webhooks.readWebhook, { webhook_id }),
  );
  registerOperation(router, gateway, updateWebhook, ({ params: { webhook_id = '' }, body }) =>
    toRequest(webhooks.changeWebhook, { webhook_id, patch: body }),
  );
  registerOperation(
    router,
    gateway,
    deleteWebhook,
    ({ params: { webhook_id = '' } }) => toRequest(webhooks.deleteWebhook, { webhook_id }),
    () => Promise.resolve(null),
  );
  registerOperation(router, gateway, rotateWebhookSecret, ({ params: { webhook_id = '' } }) =>
    toRequest(webhooks.rotateWebhook, { webhook_id }),
  );
  registerOperation(router, gateway, operations.testWebhook, ({ params: { webhook_id = '' } }) =>
    toRequest(webhooks.testWebhook, { webhook_id }),
  );
  registerOperation(router, gateway, operations.listWebhookDeliveries, ({ params: { webhook_id = '' }, query }) =>
    toRequest(webhooks.listDeliveries, { webhook_id, ...query }),
  );
  registerOperation(router, gateway, operations.redeliverWebhook, ({ params }) => {
    const { webhook_id = '', delivery_id = '' } = params;
    return toRequest(webhooks.redeliver, { webhook_id, delivery_id });
  });
}
