import type { OperatedWebhook } from '@missions/contracts/operate.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { WebhookKey } from './webhooks.ts';

const AT_MOST = 500;

const list = statement(
  'operate.webhooks',
  `select w.customer_id, w.id, w.url, w.types, w.description, w.status, iso(w.failing_since) as failing_since,
          w.last_error, iso(w.disabled_at) as disabled_at, iso(w.created_at) as created_at, d.pending, d.undelivered
     from (select * from webhook where $1::text is null or customer_id = $1
            order by status = 'disabled' desc, failing_since nulls last, customer_id, created_at, id limit $2) w
     cross join lateral (
       select (count(*) filter (where status in ('held', 'waiting', 'queued')))::int as pending,
              (count(*) filter (where status = 'undelivered'))::int as undelivered
         from webhook_delivery d where d.customer_id = w.customer_id and d.webhook_id = w.id) d
    order by w.status = 'disabled' desc, w.failing_since nulls last, w.customer_id, w.created_at, w.id`,
);
/** Without their secrets; those that are in trouble first. */
export const listAllWebhooks = (tx: Tx, customerId: string | undefined, limit = AT_MOST): Promise<OperatedWebhook[]> =>
  tx.run<OperatedWebhook>(list, [customerId ?? null, limit]);

const total = statement('operate.count_webhooks', 'select count(*)::int as n from webhook');
export const countAllWebhooks = async (tx: Tx): Promise<number> => (await tx.run<{ n: number }>(total))[0]?.n ?? 0;

const now = statement('operate.webhooks_now', 'select (extract(epoch from now()) * 1000)::float8 as at');
export const databaseNow = async (tx: Tx): Promise<Date> => new Date((await tx.run<{ at: number }>(now))[0]?.at ?? 0);

const page = statement(
  'webhook.secrets',
  `select customer_id, id, secret, former_secret from webhook
    where (customer_id, id) > ($1, $2::uuid) order by customer_id, id limit $3`,
);
export interface StoredSecrets extends WebhookKey {
  readonly secret: string;
  readonly former_secret: string | null;
}
/** Of the endpoints of all customers, as they are sealed, behind that one. */
export const readSecrets = (tx: Tx, after: WebhookKey, limit: number): Promise<StoredSecrets[]> =>
  tx.run<StoredSecrets>(page, [after.customer_id, after.id, limit]);

const replace = statement(
  'webhook.replace_secret',
  `update webhook set secret = case secret when $3 then $4 else secret end,
          former_secret = case former_secret when $3 then $4 else former_secret end
    where customer_id = $1 and id = $2 and $3 in (secret, former_secret)`,
);
/** The same secret, sealed with another key. */
export const replaceSecret = (
  tx: Tx,
  { customer_id, id }: WebhookKey,
  before: string,
  sealed: string,
): Promise<unknown> => tx.run(replace, [customer_id, id, before, sealed]);
