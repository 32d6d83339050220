import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { RecentReminders } from '../domain/decide.ts';

/** Reads the index of reminded requests, of one user and one day. */
const count = statement(
  'approval.count_reminders',
  `select count(*) filter (where r.mission_id = $3 and r.reminded_at > $4::timestamptz - interval '1 hour')::int as of_mission,
          count(*)::int as of_user
     from input_request r
    where r.customer_id = $1 and r.user_id = $2 and r.reminded_at > $4::timestamptz - interval '1 day'`,
);

export async function countReminders(
  tx: Tx,
  { customer_id, user_id, mission_id }: { customer_id: string; user_id: string; mission_id: string },
  at: string,
): Promise<RecentReminders> {
  const [row] = await tx.run<RecentReminders>(count, [customer_id, user_id, mission_id, at]);
  return row ?? { of_mission: 0, of_user: 0 };
}
