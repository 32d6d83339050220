import { defineEntity, p } from '@mikro-orm/core';
import { ClosedOwnerEntity, closedOwnerTrigger } from '@missions/persistence/holdings/closed-owners.ts';
import type { ProvidedProfile } from '@missions/contracts/notifier/requests.ts';
import { webhookStatuses } from '@missions/contracts/notifier/webhooks.ts';
import type { Preferences } from '@missions/contracts/notifier/preferences.ts';
import { outboxEntities } from '@missions/persistence/schema.ts';
import { ErasedMissionEntity } from '@missions/persistence/tombstones.ts';
import type { Saying } from '../domain/gather.ts';
import type { Facts, Taken } from '../domain/ladder.ts';
import type { Delegate } from '../domain/delegate.ts';
import type { About } from '../domain/subject.ts';

/** A user: where they can be reached, and what they want to be told. Rows stay when missions are erased. */
const PersonSchema = defineEntity({
  name: 'Person',
  tableName: 'person',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    user_id: p.text().primary(),
    name: p.text().nullable(),
    /** Confirmed by a code. One that is not yet is in `address_code`. */
    email: p.text().nullable(),
    time_zone: p.text().nullable(),
    language: p.text().nullable(),
    /** What the identity provider says, which holds where the user has said nothing. */
    provided: p.json<ProvidedProfile>().nullable(),
    /** What differs from the defaults. */
    preferences: p.json<Partial<Preferences>>(),
    /** When a step was last taken. */
    told_at: p.datetime(3).nullable(),
    /** The user's day of the last digest. */
    digest_day: p.text().nullable(),
    digest_at: p.datetime(3).nullable(),
    updated_at: p.datetime(3),
  },
  indexes: [{ name: 'person_digest', properties: ['digest_at'], where: 'digest_at is not null' }],
});
class PersonEntity extends PersonSchema.class {}
PersonSchema.setClass(PersonEntity);

/** A code that was mailed to an address which a user says is theirs. */
const AddressCodeSchema = defineEntity({
  name: 'AddressCode',
  tableName: 'address_code',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    user_id: p.text().primary(),
    address: p.text(),
    /** SHA-256 of code, address and user: a copy of this table opens nothing for long. */
    hash: p.text(),
    tries: p.integer(),
    /** Codes that were mailed for this user since `mailed_at`, which bounds them. */
    mailed: p.integer(),
    mailed_at: p.datetime(3),
    expires_at: p.datetime(3),
  },
});
class AddressCodeEntity extends AddressCodeSchema.class {}
AddressCodeSchema.setClass(AddressCodeEntity);

/** A browser that takes push messages for a user. */
const DeviceSchema = defineEntity({
  name: 'Device',
  tableName: 'device',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    user_id: p.text(),
    endpoint: p.text(),
    p256dh: p.text(),
    auth: p.text(),
    name: p.text(),
    added_at: p.datetime(3),
    last_sent_at: p.datetime(3).nullable(),
  },
  uniques: [{ name: 'device_endpoint_key', properties: ['customer_id', 'endpoint'] }],
  indexes: [{ name: 'device_of_user', properties: ['customer_id', 'user_id'] }],
});
class DeviceEntity extends DeviceSchema.class {}
DeviceSchema.setClass(DeviceEntity);

/** Keys that the service has made for itself. */
const ServiceKeySchema = defineEntity({
  name: 'ServiceKey',
  tableName: 'service_key',
  properties: { name: p.text().primary(), value: p.text() },
});
class ServiceKeyEntity extends ServiceKeySchema.class {}
ServiceKeySchema.setClass(ServiceKeyEntity);

/** What a user is told of: a question, or a mission that something has happened to. */
const SubjectSchema = defineEntity({
  name: 'Subject',
  tableName: 'subject',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    /** `question:<request id>` or `<kind>:<mission id>`. */
    id: p.text().primary(),
    user_id: p.text(),
    mission_id: p.uuid(),
    is_open: p.boolean(),
    /** Null in the tombstone of a question that ended before it was heard of. */
    facts: p.json<Facts>().nullable(),
    about: p.json<About>().nullable(),
    taken: p.json<Taken[]>(),
    /** Of a question, in the subject of its user: who answers it for another. */
    delegates: p.json<Delegate[]>().defaultRaw("'[]'"),
    /** When to ask the ladder again. */
    due_at: p.datetime(3).nullable(),
    /** Of the change that it was last heard of. */
    version: p.integer(),
    created_at: p.datetime(3),
    /** An agent has told its user of it, as it is. */
    agent_told_at: p.datetime(3).nullable(),
  },
  indexes: [
    { name: 'subject_due', properties: ['due_at'], where: 'due_at is not null' },
    { name: 'subject_of_user', properties: ['customer_id', 'user_id', 'created_at'] },
    { name: 'subject_of_mission', properties: ['customer_id', 'mission_id'] },
  ],
});
class SubjectEntity extends SubjectSchema.class {}
SubjectSchema.setClass(SubjectEntity);

const noticeStatuses = ['queued', 'sent', 'dropped', 'failed'] as const;

/** What is told on one channel at one moment. It has ids only: what it says is read when it is sent. */
const NoticeSchema = defineEntity({
  name: 'Notice',
  tableName: 'notice',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    user_id: p.text(),
    channel: p.enum(['mail', 'push']),
    items: p.json<Saying[]>(),
    /** The user's day, of a digest. */
    day: p.text().nullable(),
    status: p.enum([...noticeStatuses]),
    attempts: p.integer().default(0),
    next_attempt_at: p.datetime(3).nullable(),
    locked_until: p.datetime(3).nullable(),
    last_error: p.text().default(''),
    created_at: p.datetime(3),
    sent_at: p.datetime(3).nullable(),
    /** Something in it was settled: it is looked at then, and withdrawn if nothing of it still holds. */
    withdraw_at: p.datetime(3).nullable(),
    withdraw_attempts: p.integer().default(0),
    /** Of a push message: the devices that have it, and under which tag they show it. Null: none has. */
    devices: p.json<string[]>().nullable(),
    tag: p.text().nullable(),
  },
  indexes: [
    { name: 'notice_withdrawn', properties: ['withdraw_at'], where: 'withdraw_at is not null' },
    { name: 'notice_due', properties: ['next_attempt_at'], where: "status = 'queued'" },
    { name: 'notice_of_user', properties: ['customer_id', 'user_id', 'created_at'] },
  ],
  checks: [{ name: 'notice_is_due', expression: "(status = 'queued') = (next_attempt_at is not null)" }],
});
class NoticeEntity extends NoticeSchema.class {}
NoticeSchema.setClass(NoticeEntity);

/** An address in a mail by which its user decides a question without signing in; only its hash is kept. */
const ActionLinkSchema = defineEntity({
  name: 'ActionLink',
  tableName: 'action_link',
  triggers: [closedOwnerTrigger],
  properties: {
    hash: p.text().primary(),
    customer_id: p.text(),
    user_id: p.text(),
    mission_id: p.uuid(),
    request_id: p.uuid(),
    expires_at: p.datetime(3),
    used_at: p.datetime(3).nullable(),
  },
  indexes: [
    { name: 'action_link_of_question', properties: ['customer_id', 'request_id'] },
    { name: 'action_link_of_mission', properties: ['customer_id', 'mission_id'] },
  ],
});
class ActionLinkEntity extends ActionLinkSchema.class {}
ActionLinkSchema.setClass(ActionLinkEntity);

/** An endpoint of a customer's, to which events are sent. Its secrets are sealed. */
const WebhookSchema = defineEntity({
  name: 'Webhook',
  tableName: 'webhook',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    url: p.text(),
    types: p.json<string[]>(),
    description: p.text(),
    status: p.enum([...webhookStatuses]),
    secret: p.text(),
    former_secret: p.text().nullable(),
    former_secret_until: p.datetime(3).nullable(),
    failing_since: p.datetime(3).nullable(),
    last_taken_at: p.datetime(3).nullable(),
    last_error: p.text().default(''),
    disabled_at: p.datetime(3).nullable(),
    created_at: p.datetime(3),
  },
});
class WebhookEntity extends WebhookSchema.class {}
WebhookSchema.setClass(WebhookEntity);

/**
 * An event on its way to an endpoint: held until every event before it in its stream is here, waiting behind another of
 * its mission, or queued.
 */
const WebhookDeliverySchema = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_delivery',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    webhook_id: p.uuid(),
    event_id: p.uuid(),
    type: p.text(),
    mission_id: p.uuid().nullable(),
    /** The bytes that are signed. */
    body: p.text(),
    status: p.enum(['held', 'waiting', 'queued', 'delivered', 'undelivered']),
    /** False for a test and what is sent again: nothing waits for it. */
    in_order: p.boolean(),
    stream: p.text().nullable(),
    stream_sequence: p.bigint().nullable(),
    /** Among those of the endpoint. */
    position: p.bigint().nullable(),
    attempts: p.integer().default(0),
    first_attempt_at: p.datetime(3).nullable(),
    next_attempt_at: p.datetime(3).nullable(),
    locked_until: p.datetime(3).nullable(),
    response_status: p.integer().nullable(),
    duration_ms: p.integer().nullable(),
    last_error: p.text().default(''),
    created_at: p.datetime(3),
    delivered_at: p.datetime(3).nullable(),
  },
  uniques: [{ name: 'webhook_delivery_event_key', properties: ['customer_id', 'webhook_id', 'event_id'] }],
  indexes: [
    { name: 'webhook_delivery_held', properties: ['customer_id', 'webhook_id'], where: "status = 'held'" },
    {
      name: 'webhook_delivery_due',
      properties: ['customer_id', 'webhook_id', 'next_attempt_at'],
      where: "status = 'queued'",
    },
    {
      name: 'webhook_delivery_in_turn',
      properties: ['customer_id', 'webhook_id', 'mission_id', 'position'],
      where: "status in ('waiting', 'queued') and in_order",
    },
    { name: 'webhook_delivery_position', properties: ['customer_id', 'webhook_id', 'position'] },
    { name: 'webhook_delivery_page', properties: ['customer_id', 'webhook_id', 'created_at', 'id'] },
    { name: 'webhook_delivery_mission', properties: ['customer_id', 'mission_id'] },
    { name: 'webhook_delivery_age', properties: ['created_at'] },
  ],
  checks: [{ name: 'webhook_delivery_is_due', expression: "(status = 'queued') = (next_attempt_at is not null)" }],
});
class WebhookDeliveryEntity extends WebhookDeliverySchema.class {}
WebhookDeliverySchema.setClass(WebhookDeliveryEntity);

export const notifierEntities = [
  PersonEntity,
  AddressCodeEntity,
  DeviceEntity,
  ServiceKeyEntity,
  SubjectEntity,
  NoticeEntity,
  ActionLinkEntity,
  WebhookEntity,
  WebhookDeliveryEntity,
  ErasedMissionEntity,
  ClosedOwnerEntity,
  ...outboxEntities,
];
