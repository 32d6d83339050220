import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** An endpoint as operators see it: without its secrets. */
export interface OperatedWebhook {
  readonly customer_id: string;
  readonly id: string;
  readonly url: string;
  readonly status: string;
  readonly failing_since: string | null;
  readonly last_error: string;
  readonly pending: number;
  readonly undelivered: number;
}

const list = statement(
  'operate.webhooks',
  `select w.customer_id, w.id, w.url, w.types, w.description, w.status, iso(w.failing_since) as failing_since,
          w.last_error, iso(w.disabled_at) as disabled_at, iso(w.created_at) as created_at, d.pending, d.undelivered
     from webhook w cross join lateral (
       select (count(*) filter (where status in ('held', 'waiting', 'queued')))::int as pending,
              (count(*) filter (where status = 'undelivered'))::int as undelivered
         from webhook_delivery d where d.customer_id = w.customer_id and d.webhook_id = w.id) d
    where $1::text is null or w.customer_id = $1
    order by w.status = 'disabled' desc, w.failing_since nulls last, w.customer_id, w.created_at, w.id limit 500`,
);
/** Those that are in trouble first. */
export const listAllWebhooks = (tx: Tx, customerId: string | undefined): Promise<OperatedWebhook[]> =>
  tx.run<OperatedWebhook>(list, [customerId ?? null]);

const now = statement('operate.webhooks_now', 'select (extract(epoch from now()) * 1000)::float8 as at');
export const databaseNow = async (tx: Tx): Promise<Date> => new Date((await tx.run<{ at: number }>(now))[0]?.at ?? 0);
