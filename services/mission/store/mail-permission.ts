import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Scope } from './load-mission.ts';

const find = statement(
  'mission.mail_permission',
  `select user_id, status from mission
    where id = $1 and customer_id = $2 and ($3::text is null or user_id = $3) and deleted_at is null`,
);

/** Whose mission it is and how it stands, without a lock. Undefined if the scope has no such mission. */
export async function standingOf(
  tx: Tx,
  { customer_id, user_id }: Scope,
  missionId: string,
): Promise<{ user_id: string; status: string } | undefined> {
  const [row] = await tx.run<{ user_id: string; status: string }>(find, [missionId, customer_id, user_id]);
  return row;
}
