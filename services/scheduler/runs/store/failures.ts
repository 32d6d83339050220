import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

const read = statement('scheduler.failures', 'select failures from watched_mission where mission_id = $1::uuid');

/** In a row, until now. */
export async function failuresOf(tx: Tx, missionId: string): Promise<number> {
  const [row] = await tx.run<{ failures: number }>(read, [missionId]);
  return row?.failures ?? 0;
}
