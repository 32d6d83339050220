import { Type } from 'typebox';
import { closed } from '../fields.ts';
import {
  DeliveriesFilter,
  NewWebhook,
  Webhook,
  WebhookDeliveries,
  WebhookDelivery,
  WebhookPatch,
  Webhooks,
  WebhookWithSecret,
} from '../notifier/webhooks.ts';
import { operation } from './operation.ts';

/** Where a customer's events are sent (specification section 12). For the trusted backend alone. */
const all = '/api/internal/webhooks';
const one = `${all}/{webhook_id}`;
const NoQuery = Type.Object({}, closed);
const common = { tag: 'webhooks', fenced: true, refusals: ['FORBIDDEN', 'NOT_FOUND'] } as const;
const read = { ...common, method: 'get', status: 200 } as const;
const post = { ...common, method: 'post', repeatable: true } as const;

export const createWebhook = operation({
  ...post,
  id: 'createWebhook',
  path: all,
  summary: 'Have the events of my customer sent to an address, signed as Standard Webhooks says; at most 50',
  description:
    'Its secret is in this answer and never shown again. A call for the same address and types within a minute is taken ' +
    'for a repeat and refused: it names the endpoint, whose `rotate` answers with a new secret. The address is https, ' +
    'without a password, and in no private network.',
  deed: 'webhook.created',
  body: NewWebhook,
  response: WebhookWithSecret,
  status: 201,
  refusals: ['FORBIDDEN', 'INVALID_TRANSITION'],
});

export const listWebhooks = operation({
  ...read,
  id: 'listWebhooks',
  path: all,
  summary: 'The endpoints of my customer, oldest first',
  query: NoQuery,
  response: Webhooks,
  refusals: ['FORBIDDEN'],
});

export const getWebhook = operation({
  ...read,
  id: 'getWebhook',
  path: one,
  summary: 'One endpoint, and whether it takes what it is sent',
  query: NoQuery,
  response: Webhook,
});

export const updateWebhook = operation({
  ...common,
  id: 'updateWebhook',
  method: 'patch',
  path: one,
  summary: 'Change, pause or resume an endpoint; what is left out stays as it is',
  description: 'While it is paused its events wait, for 14 days at most; then they arrive in order.',
  deed: 'webhook.changed',
  body: WebhookPatch,
  response: Webhook,
  status: 200,
});

export const deleteWebhook = operation({
  ...common,
  id: 'deleteWebhook',
  method: 'delete',
  path: one,
  summary: 'Send this endpoint nothing any more; its deliveries are deleted',
  deed: 'webhook.deleted',
  response: Type.Null(),
  status: 204,
});

export const rotateWebhookSecret = operation({
  ...post,
  id: 'rotateWebhookSecret',
  path: `${one}/rotate`,
  summary: 'A new secret; for 24 h everything is signed with both',
  deed: 'webhook.rotated',
  response: WebhookWithSecret,
  status: 200,
});

export const testWebhook = operation({
  ...post,
  id: 'testWebhook',
  path: `${one}/test`,
  summary: 'Send the endpoint an event of the type `webhook.test`, once',
  description: 'Also to one that is paused or disabled. `listWebhookDeliveries` says what became of it.',
  response: WebhookDelivery,
  status: 202,
});

export const listWebhookDeliveries = operation({
  ...read,
  id: 'listWebhookDeliveries',
  path: `${one}/deliveries`,
  summary: 'What was sent to the endpoint, or is to be, newest first; kept for 14 days',
  query: Type.Object(DeliveriesFilter, closed),
  response: WebhookDeliveries,
});

export const redeliverWebhook = operation({
  ...post,
  id: 'redeliverWebhook',
  path: `${one}/deliveries/{delivery_id}/redeliver`,
  summary: 'Send a delivery again now, with the same `webhook-id`',
  description: 'Other events of its mission do not wait for it. One that is still pending is tried at once.',
  deed: 'webhook.redelivered',
  response: WebhookDelivery,
  status: 202,
});

export const webhookOperations = [
  createWebhook,
  listWebhooks,
  getWebhook,
  updateWebhook,
  deleteWebhook,
  rotateWebhookSecret,
  testWebhook,
  listWebhookDeliveries,
  redeliverWebhook,
] as const;
