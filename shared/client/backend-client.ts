import type { BodyOf, QueryOf, ResponseOf } from '@missions/contracts/rest/operation.ts';
import { ApiClient } from './api-client.ts';
import { backendOperations, type BackendOperations as Operations } from './backend-operations.ts';
import type { CallOptions, GetOptions } from './options.ts';
import type { OperationInput } from './request.ts';

const operations = backendOperations as unknown as Operations;
/** The response body of an operation for the trusted backend, e.g. `BackendResponseTo<'createWebhook'>`. */
export type BackendResponseTo<Name extends keyof Operations> = ResponseOf<Operations[Name]>;

/** What the trusted backend alone may do, with the service secret: the webhooks and the limits of `customerId`. */
export class BackendClient extends ApiClient {
  /** The answer has the secret, which is not shown again. */
  createWebhook(
    body: BodyOf<Operations['createWebhook']>,
    options?: CallOptions,
  ): Promise<BackendResponseTo<'createWebhook'>> {
    return this.call(operations.createWebhook, { body }, options);
  }

  listWebhooks(options?: GetOptions): Promise<BackendResponseTo<'listWebhooks'>> {
    return this.call(operations.listWebhooks, {}, options);
  }

  getWebhook(webhookId: string, options?: GetOptions): Promise<BackendResponseTo<'getWebhook'>> {
    return this.call(operations.getWebhook, of(webhookId), options);
  }

  updateWebhook(
    webhookId: string,
    body: BodyOf<Operations['updateWebhook']>,
    options?: CallOptions,
  ): Promise<BackendResponseTo<'updateWebhook'>> {
    return this.call(operations.updateWebhook, { ...of(webhookId), body }, options);
  }

  async deleteWebhook(webhookId: string, options?: CallOptions): Promise<void> {
    await this.call(operations.deleteWebhook, of(webhookId), options);
  }

  rotateWebhookSecret(webhookId: string, options?: CallOptions): Promise<BackendResponseTo<'rotateWebhookSecret'>> {
    return this.call(operations.rotateWebhookSecret, of(webhookId), options);
  }

  testWebhook(webhookId: string, options?: CallOptions): Promise<BackendResponseTo<'testWebhook'>> {
    return this.call(operations.testWebhook, of(webhookId), options);
  }

  listWebhookDeliveries(
    webhookId: string,
    query: QueryOf<Operations['listWebhookDeliveries']> = {},
    options?: GetOptions,
  ): Promise<BackendResponseTo<'listWebhookDeliveries'>> {
    return this.call(operations.listWebhookDeliveries, { ...of(webhookId), query }, options);
  }

  redeliverWebhook(
    webhookId: string,
    deliveryId: string,
    options?: CallOptions,
  ): Promise<BackendResponseTo<'redeliverWebhook'>> {
    const params = { webhook_id: webhookId, delivery_id: deliveryId };
    return this.call(operations.redeliverWebhook, { params }, options);
  }

  /** How much agents may do in a day for all users of the customer together. */
  getCustomerLimits(options?: GetOptions): Promise<BackendResponseTo<'getCustomerLimits'>> {
    return this.call(operations.getCustomerLimits, {}, options);
  }

  /** What is left out is not limited. */
  setCustomerLimits(
    limits: BodyOf<Operations['setCustomerLimits']>,
    options?: CallOptions,
  ): Promise<BackendResponseTo<'setCustomerLimits'>> {
    return this.call(operations.setCustomerLimits, { body: limits }, options);
  }
}

const of = (webhook_id: string): OperationInput => ({ params: { webhook_id } });
