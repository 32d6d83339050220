import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

export const PURGE_BATCH = 1_000;

const purgeBy = (column: 'fired_at' | 'cancelled_at') =>
  statement(
    `scheduler.purge_${column}`,
    `with old as (select owner, key from timer where ${column} < $1 order by ${column} limit ${PURGE_BATCH} for update skip locked),
          gone as (delete from timer t using old where t.owner = old.owner and t.key = old.key returning 1)
     select count(*)::int as gone from gone`,
  );
const purges = [purgeBy('fired_at'), purgeBy('cancelled_at')];

/** Deletes some of what fired or was cancelled before then; answers how many. There may be more when it is at least `PURGE_BATCH`. */
export async function purgeTimers(tx: Tx, before: Date): Promise<number> {
  let gone = 0;
  for (const purge of purges) gone += (await tx.run<{ gone: number }>(purge, [before]))[0]?.gone ?? 0;
  return gone;
}
