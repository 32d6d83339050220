import type { Method } from '@missions/contracts/rest/operation.ts';
import type * as limits from '@missions/contracts/rest/limits.ts';
import type * as webhooks from '@missions/contracts/rest/webhooks.ts';
import type { CallableOperation } from './request.ts';

const WEBHOOKS = '/api/internal/webhooks';
const ONE = `${WEBHOOKS}/{webhook_id}`;

const at = (method: Method, path: string): CallableOperation => ({ method, path });
const write = (path: string): CallableOperation => ({ ...at('post', path), repeatable: true });

/** Where the operations for the trusted backend are, without their schemas: see `userOperations`. */
export const backendOperations = {
  createWebhook: write(WEBHOOKS),
  listWebhooks: at('get', WEBHOOKS),
  getWebhook: at('get', ONE),
  updateWebhook: at('patch', ONE),
  deleteWebhook: at('delete', ONE),
  rotateWebhookSecret: write(`${ONE}/rotate`),
  testWebhook: write(`${ONE}/test`),
  listWebhookDeliveries: at('get', `${ONE}/deliveries`),
  redeliverWebhook: write(`${ONE}/deliveries/{delivery_id}/redeliver`),
  getCustomerLimits: at('get', '/api/internal/limits'),
  setCustomerLimits: at('put', '/api/internal/limits'),
} satisfies Record<string, CallableOperation>;

/** Each with the types of its contract. */
export type BackendOperations = Pick<typeof webhooks & typeof limits, keyof typeof backendOperations>;
