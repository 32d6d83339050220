import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { runJson } from './runs.ts';

const find = statement(
  'scheduler.find_open_run',
  `select ${runJson('r')} as run from run r where r.id = $1::uuid and r.finished_at is null`,
);

/** Whoever's it is; without a lock. */
export async function findOpenRun(tx: Tx, id: string): Promise<Run | undefined> {
  const [row] = await tx.run<{ run: Run }>(find, [id]);
  return row?.run;
}
