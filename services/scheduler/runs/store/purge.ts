import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

export const PURGE_BATCH = 1_000;

const purge = statement(
  'scheduler.purge_runs',
  `with old as (select id from run where finished_at < $1 order by finished_at limit ${PURGE_BATCH} for update skip locked),
        gone as (delete from run r using old where r.id = old.id returning 1)
   select count(*)::int as gone from gone`,
);

/** Deletes some of those that ended before then; there may be more when it is at least `PURGE_BATCH`. */
export async function purgeRuns(tx: Tx, before: Date): Promise<number> {
  return (await tx.run<{ gone: number }>(purge, [before]))[0]?.gone ?? 0;
}
