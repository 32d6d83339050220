import type { Quotas } from '@missions/contracts/quotas.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** What a customer uses, as operators see it. */
interface CustomerUse {
  readonly customer_id: string;
  readonly missions: { readonly open: number; readonly kept: number };
  /** That wait for an answer. */
  readonly questions: number;
  /** The recipients of today's mail (UTC). */
  readonly mail: number;
  /** Of all missions, also of deleted ones until they are erased. */
  readonly bytes: number;
  readonly quotas: Quotas;
}

/**
 * Each table is read once, whatever the number of customers: a row for each with a mission, mail of today or a quota.
 * The sums that quotas keep are not shown, but what is there.
 */
const customers = (name: string, page: string) =>
  statement(
    name,
    `with m as (select customer_id, count(*) filter (where deleted_at is null)::int as kept,
         count(*) filter (where deleted_at is null and phase not in ('completed', 'failed') and not cancelled)::int as open,
         coalesce(sum(bytes), 0)::float8 as bytes
       from mission where $1::text is null or customer_id = $1 group by customer_id),
     w as (select b.customer_id, count(*)::int as questions
       from blocker b join mission m on m.id = b.mission_id and m.customer_id = b.customer_id and m.deleted_at is null
      where b.kind = 'human_input' and b.resolved_at is null and ($1::text is null or b.customer_id = $1)
      group by b.customer_id),
     d as (select customer_id, recipients as mail from mail_day
      where scope = 'customer' and name = '' and day = (now() at time zone 'UTC')::date
        and ($1::text is null or customer_id = $1)),
     q as (select customer_id, missions, questions, mail, storage::float8 as storage from customer_quota
      where $1::text is null or customer_id = $1)
     select customer_id, json_build_object('open', coalesce(m.open, 0), 'kept', coalesce(m.kept, 0)) as missions,
            coalesce(w.questions, 0) as questions, coalesce(d.mail, 0) as mail, coalesce(m.bytes, 0) as bytes,
            json_build_object('missions', q.missions, 'questions', q.questions, 'mail', q.mail, 'storage', q.storage) as quotas
       from m full join w using (customer_id) full join d using (customer_id) full join q using (customer_id)
      ${page}`,
  );

const one = customers('operate.customer', '');
const largest = customers(
  'operate.customers',
  'order by bytes desc, kept desc nulls last, customer_id limit $2 offset $3',
);

export async function useOfCustomer(tx: Tx, customer_id: string): Promise<CustomerUse> {
  const [found] = await tx.run<CustomerUse>(one, [customer_id]);
  const quotas = { missions: null, questions: null, mail: null, storage: null };
  return found ?? { customer_id, missions: { open: 0, kept: 0 }, questions: 0, mail: 0, bytes: 0, quotas };
}

/** The largest first. */
export const useOfCustomers = (tx: Tx, customerId: string | null, limit: number, offset: number) =>
  tx.run<CustomerUse>(largest, [customerId, limit, offset]);
