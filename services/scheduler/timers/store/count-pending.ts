import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { isPending } from '../../store/sql-clock.ts';

/** Exact up to ten thousand. Beyond, what the last vacuum or analyze counted in the index: counting a million takes a second of a processor. */
const count = statement(
  'scheduler.count_pending',
  `select case when counted <= 10000 then counted
               else greatest(counted, (select reltuples from pg_class where oid = 'timer_pending'::regclass)) end::float8 as pending
     from (select count(*) as counted from (select from timer where ${isPending} limit 10001) found) c`,
);

export async function countPending(tx: Tx): Promise<number> {
  const [row] = await tx.run<{ pending: number }>(count);
  return row?.pending ?? 0;
}
