import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { NextDue } from '@missions/runtime/due-poller.ts';
import { now } from './columns.ts';

/** `d`, because a bare `due_at` would mean the computed output column. */
const next = statement(
  'approval.next_due',
  `select (extract(epoch from d.due_at - ${now('$1')}) * 1000)::float8 as in_ms,
          (extract(epoch from d.due_at) * 1000)::float8 as at
     from input_request d where d.due_at is not null order by d.due_at limit 1`,
);

/** When the next step of any pending request is due; undefined if none is. */
export async function nextDue(tx: Tx, virtualNow: Date | null): Promise<NextDue | undefined> {
  const [row] = await tx.run<{ in_ms: number; at: number }>(next, [virtualNow]);
  return row;
}

export interface DueRequest {
  readonly customer_id: string;
  readonly id: string;
  readonly due_at: string;
  /** The reminder comes before the deadline. */
  readonly step: 'remind' | 'expire';
}

const lock = statement(
  'approval.lock_due',
  `select d.customer_id, d.id, d.due_at::text as due_at,
          case when d.status = 'pending' and d.due_at < d.expires_at then 'remind' else 'expire' end as step
     from input_request d where d.due_at is not null and d.due_at <= ${now('$1')} and d.id <> all($3::uuid[])
    order by d.due_at limit $2 for update skip locked`,
);

/** The requests that have been due for longest. Another copy of the service steps over them until the transaction ends. */
export const lockDueRequests = (
  tx: Tx,
  virtualNow: Date | null,
  { limit, except }: { readonly limit: number; readonly except: readonly string[] },
): Promise<DueRequest[]> => tx.run<DueRequest>(lock, [virtualNow, limit, except]);

const passOver = statement(
  'approval.pass_over_due',
  `update input_request set due_at = case when status = 'pending' and due_at < expires_at then expires_at end
    where customer_id = $1 and id = $2 and due_at = $3::timestamptz`,
);

/** A step that changed nothing is not due again; what follows it is. */
export const passOverDue = (tx: Tx, { customer_id, id, due_at }: DueRequest): Promise<unknown> =>
  tx.run(passOver, [customer_id, id, due_at]);
