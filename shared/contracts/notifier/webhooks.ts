import { type Static, Type } from 'typebox';
import { events, type EventSubject } from '../events.ts';
import { closed, Cursor, Nullable, Time, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';

/** Events that are sent to addresses of the customer's (specification section 12). */

/** Timers are notes between services: who is told by webhooks hears of everything else. */
const isOfServices = (type: string): boolean => /^(timer\.|scheduler\.timer_)/.test(type);
export const webhookEvents = (Object.keys(events) as EventSubject[]).filter((type) => !isOfServices(type));
const patterns = [...new Set(webhookEvents.map((type) => `${type.split('.')[0]}.*`))];
/** What `types` may name: an event, or all those of one kind. */
export const webhookTypes: readonly string[] = [...patterns, ...webhookEvents];

/** How a pattern or a type is matched: whatever of these an endpoint names, it is sent the event. */
export const namesOf = (type: string): readonly string[] => [type, `${type.split('.')[0]}.*`];

/** The type of the event that `…/test` sends. No other event has it. */
export const webhookTest = 'webhook.test';
/** Tells the customer's other endpoints, whatever they name, that one was disabled. It is sent nowhere else. */
export const webhookDisabled = 'webhook.disabled';

const Url = Type.String({
  format: 'uri',
  pattern: '^https?://',
  maxLength: 2_000,
  description: 'with https: `https://billing.example/hooks`',
});
const Types = Type.Array(
  Type.Enum([...webhookTypes], { description: 'an event type, or `mission.*` for all of one kind' }),
  { minItems: 1, maxItems: 100 },
);
const Description = Type.String({ maxLength: 500 });

export const NewWebhook = Type.Object({ url: Url, types: Types, description: Type.Optional(Description) }, closed);
export type NewWebhook = Static<typeof NewWebhook>;

export const WebhookPatch = Type.Object(
  {
    url: Type.Optional(Url),
    types: Type.Optional(Types),
    description: Type.Optional(Description),
    status: Type.Optional(
      Type.Enum(['active', 'paused'], { description: '`active` also ends that an endpoint is disabled' }),
    ),
  },
  { ...closed, minProperties: 1 },
);
export type WebhookPatch = Static<typeof WebhookPatch>;

export const webhookStatuses = ['active', 'paused', 'disabled'] as const;
export type WebhookStatus = (typeof webhookStatuses)[number];

const shown = {
  id: Uuid,
  url: Type.String(),
  types: Type.Array(Type.String()),
  description: Type.String(),
  status: Type.Enum([...webhookStatuses], {
    description: '`paused`: events wait; `disabled`: it took nothing for three days, and nothing is kept for it',
  }),
  failing_since: Nullable(Time),
  last_error: Type.String({ description: 'why the latest attempt failed; empty after a success' }),
  disabled_at: Nullable(Time),
  former_secret_until: Nullable(Time),
  created_at: Time,
};
export const Webhook = Type.Object(shown, { $id: 'Webhook' });
export type Webhook = Static<typeof Webhook>;

/** The one answer that shows the secret. */
export const WebhookWithSecret = Type.Object(
  { ...shown, secret: Type.String({ description: '`whsec_` and base64 of 32 bytes; it is not shown again' }) },
  { $id: 'WebhookWithSecret' },
);
export const Webhooks = Type.Object({ webhooks: Type.Array(Webhook) }, { $id: 'Webhooks' });

export const deliveryStatuses = ['pending', 'delivered', 'undelivered'] as const;
export const WebhookDelivery = Type.Object(
  {
    id: Uuid,
    event_id: Uuid,
    type: Type.String(),
    mission_id: Nullable(Uuid),
    status: Type.Enum([...deliveryStatuses], { description: '`undelivered`: it is not tried again by itself' }),
    attempts: Type.Integer({ minimum: 0 }),
    response_status: Nullable(Type.Integer({ description: 'of the latest answer' })),
    duration_ms: Nullable(Type.Integer({ minimum: 0, description: 'of the latest attempt' })),
    last_error: Type.String(),
    next_attempt_at: Nullable(Time),
    created_at: Time,
    delivered_at: Nullable(Time),
  },
  { $id: 'WebhookDelivery' },
);
export type WebhookDelivery = Static<typeof WebhookDelivery>;
export const WebhookDeliveries = Type.Object(
  { deliveries: Type.Array(WebhookDelivery), next_cursor: Nullable(Type.String()) },
  { $id: 'WebhookDeliveries' },
);

export const DeliveriesFilter = {
  status: Type.Optional(Type.Enum([...deliveryStatuses], { description: 'only those' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  cursor: Type.Optional(Cursor),
};

/** Requests to the notifier. The customer is always the caller's, who has the service secret. */
const Nothing = Type.Object({}, closed);
const Id = Type.String({ maxLength: 64 });
const One = Type.Object({ webhook_id: Id }, closed);
export const createWebhook = defineRequest('notifier', 'create_webhook', NewWebhook, WebhookWithSecret);
export const listWebhooks = defineRequest('notifier', 'webhooks', Nothing, Webhooks);
export const readWebhook = defineRequest('notifier', 'webhook', One, Webhook);
export const changeWebhook = defineRequest(
  'notifier',
  'change_webhook',
  Type.Object({ webhook_id: Id, patch: WebhookPatch }, closed),
  Webhook,
);
export const deleteWebhook = defineRequest('notifier', 'delete_webhook', One, Nothing);
export const rotateWebhook = defineRequest('notifier', 'rotate_webhook', One, WebhookWithSecret);
export const testWebhook = defineRequest('notifier', 'test_webhook', One, WebhookDelivery);
export const listDeliveries = defineRequest(
  'notifier',
  'deliveries',
  Type.Object({ webhook_id: Id, ...DeliveriesFilter }, closed),
  WebhookDeliveries,
);
export const redeliver = defineRequest(
  'notifier',
  'redeliver',
  Type.Object({ webhook_id: Id, delivery_id: Id }, closed),
  WebhookDelivery,
);
