import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Email } from '../domain/state.ts';
import { emailJson } from './columns.ts';
import { emailOf, type Row } from './rows.ts';

/** Those that are waited for before the others, then the newest; a mission rarely has more than a few. */
const ofMission = statement(
  'email.of_mission',
  `select ${emailJson('e')} as row from email e
    where e.customer_id = $1 and e.mission_id = $3 and ($2::text is null or e.user_id = $2) and e.token is not null
    order by (e.expect_reply and e.status in ('queued', 'awaiting_reply', 'some_replied', 'followup_sent')) desc, e.created_at desc, e.id desc limit $4`,
);

export async function emailsOfMission(
  tx: Tx,
  customerId: string,
  userId: string | null,
  missionId: string,
  limit: number,
): Promise<Email[]> {
  return (await tx.run<{ row: Row }>(ofMission, [customerId, userId, missionId, limit])).map(({ row }) => emailOf(row));
}
