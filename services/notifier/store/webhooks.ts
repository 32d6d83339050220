import type { NewWebhook, Webhook, WebhookPatch } from '@missions/contracts/notifier/webhooks.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

export interface WebhookKey {
  readonly customer_id: string;
  readonly id: string;
}

const shown = `id, url, types, description, status, iso(failing_since) as failing_since, last_error,
  iso(disabled_at) as disabled_at, iso(former_secret_until) as former_secret_until, iso(created_at) as created_at`;

const insert = statement(
  'webhook.insert',
  `insert into webhook (customer_id, id, url, types, description, status, secret, created_at)
   values ($1, $2, $3, $4, $5, 'active', $6, $7) returning ${shown}`,
);
export async function insertWebhook(
  tx: Tx,
  { customer_id, id }: WebhookKey,
  { url, types, description = '' }: NewWebhook,
  sealed: string,
  now: Date,
): Promise<Webhook> {
  const values = [customer_id, id, url, JSON.stringify(types), description, sealed, now];
  return (await tx.run<Webhook>(insert, values))[0] as Webhook;
}

const serialize = statement('webhook.serialize', 'select pg_advisory_xact_lock(hashtextextended($1, 4711))');
const count = statement('webhook.count', 'select count(*)::int as n from webhook where customer_id = $1');
/** Whoever counts and adds is alone with the customer until the end of the transaction. */
export async function countWebhooks(tx: Tx, customerId: string): Promise<number> {
  await tx.run(serialize, [`webhooks of ${customerId}`]);
  return (await tx.run<{ n: number }>(count, [customerId]))[0]?.n ?? 0;
}

const twin = statement(
  'webhook.twin',
  `select id from webhook where customer_id = $1 and url = $2 and types = $3::jsonb and created_at > $4
    order by created_at desc limit 1`,
);
/** An endpoint of the same address and types that was made since then. */
export const twinOf = async (
  tx: Tx,
  customerId: string,
  { url, types }: NewWebhook,
  since: Date,
): Promise<string | undefined> =>
  (await tx.run<{ id: string }>(twin, [customerId, url, JSON.stringify(types), since]))[0]?.id;

const list = statement('webhook.list', `select ${shown} from webhook where customer_id = $1 order by created_at, id`);
export const listWebhooks = (tx: Tx, customerId: string): Promise<Webhook[]> => tx.run<Webhook>(list, [customerId]);

const find = statement('webhook.find', `select ${shown} from webhook where customer_id = $1 and id = $2`);
export const findWebhook = async (tx: Tx, { customer_id, id }: WebhookKey): Promise<Webhook | undefined> =>
  (await tx.run<Webhook>(find, [customer_id, id]))[0];

/** Until the end of the transaction nothing of the endpoint's is sorted or booked by others. */
const lock = statement('webhook.lock', 'select 1 from webhook where customer_id = $1 and id = $2 for update');
export const lockWebhook = async (tx: Tx, { customer_id, id }: WebhookKey): Promise<boolean> =>
  (await tx.run(lock, [customer_id, id])).length > 0;

const change = statement(
  'webhook.change',
  `update webhook set url = coalesce($3, url), types = coalesce($4::jsonb, types),
          description = coalesce($5, description), status = coalesce($6, status),
          disabled_at = case when $6::text is null then disabled_at end,
          failing_since = case when $6 = 'active' or $3::text is not null then null else failing_since end
    where customer_id = $1 and id = $2 returning ${shown}`,
);
export async function changeWebhook(
  tx: Tx,
  { customer_id, id }: WebhookKey,
  { url, types, description, status }: WebhookPatch,
): Promise<Webhook | undefined> {
  const values = [
    customer_id,
    id,
    url ?? null,
    types ? JSON.stringify(types) : null,
    description ?? null,
    status ?? null,
  ];
  return (await tx.run<Webhook>(change, values))[0];
}

const rotate = statement(
  'webhook.rotate',
  `update webhook set former_secret = secret, former_secret_until = $4, secret = $3
    where customer_id = $1 and id = $2 returning ${shown}`,
);
export const rotateWebhook = async (
  tx: Tx,
  { customer_id, id }: WebhookKey,
  sealed: string,
  formerUntil: Date,
): Promise<Webhook | undefined> => (await tx.run<Webhook>(rotate, [customer_id, id, sealed, formerUntil]))[0];

const remove = statement(
  'webhook.delete',
  `with gone as (delete from webhook_delivery where customer_id = $1 and webhook_id = $2)
   delete from webhook where customer_id = $1 and id = $2 returning 1`,
);
export const deleteWebhook = async (tx: Tx, { customer_id, id }: WebhookKey): Promise<boolean> =>
  (await tx.run(remove, [customer_id, id])).length > 0;

const taken = statement(
  'webhook.taken',
  `update webhook set failing_since = null, last_error = '', last_taken_at = $3 where customer_id = $1 and id = $2`,
);
export const noteTaken = (tx: Tx, { customer_id, id }: WebhookKey, now: Date): Promise<unknown> =>
  tx.run(taken, [customer_id, id, now]);

const failing = statement(
  'webhook.failing',
  `update webhook set failing_since = coalesce(failing_since, $3), last_error = $4 where customer_id = $1 and id = $2`,
);
export const noteFailing = (tx: Tx, { customer_id, id }: WebhookKey, now: Date, error: string): Promise<unknown> =>
  tx.run(failing, [customer_id, id, now, error]);

const disable = statement(
  'webhook.disable',
  `with given_up as (
     update webhook_delivery set status = 'undelivered', next_attempt_at = null, locked_until = null,
            last_error = case when last_error = '' then 'the endpoint was disabled' else last_error end
      where customer_id = $1 and webhook_id = $2 and status in ('held', 'waiting', 'queued'))
   update webhook set status = 'disabled', disabled_at = $3 where customer_id = $1 and id = $2 and status <> 'disabled'
   returning ${shown}`,
);
/**
 * Nothing is kept for it from now on; what waited for it is listed as undelivered. @returns undefined if it was disabled
 */
export const disableWebhook = async (
  tx: Tx,
  { customer_id, id }: WebhookKey,
  now: Date,
): Promise<Webhook | undefined> => (await tx.run<Webhook>(disable, [customer_id, id, now]))[0];
