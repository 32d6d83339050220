import { timePositionOf } from '@missions/persistence/cursor.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Email } from '../domain/state.ts';
import { emailJson, emailOf, type Row } from './columns.ts';

/** Whose e-mails: of one user, or of any user of the customer. */
export interface MissionOfCaller {
  readonly customer_id: string;
  readonly user_id: string | null;
  readonly mission_id: string;
}

/** Statuses change while somebody pages, so the order is that of creation. */
const page = statement(
  'email.page_of_mission',
  `select ${emailJson('e')} as row from email e
    where e.customer_id = $1 and e.mission_id = $3 and ($2::text is null or e.user_id = $2) and e.token is not null
      and ($4::timestamptz is null or (e.created_at, e.id) < ($4::timestamptz, $5::uuid))
    order by e.created_at desc, e.id desc limit $6`,
);

/** Newest first. @throws {Problem} `VALIDATION_FAILED` if the cursor is not one of this list. */
export async function emailPage(
  tx: Tx,
  { customer_id, user_id, mission_id }: MissionOfCaller,
  cursor: string | undefined,
  limit: number,
): Promise<Email[]> {
  const [time, id] = cursor === undefined ? [null, null] : timePositionOf(cursor);
  const rows = await tx.run<{ row: Row }>(page, [customer_id, user_id, mission_id, time, id, limit]);
  return rows.map(({ row }) => emailOf(row));
}
