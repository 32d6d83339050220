import type { OperatedWebhook } from '@missions/contracts/operate.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

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
