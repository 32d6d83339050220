import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * A mission was erased: its questions go, with what is kept of them for others. Its id stays, so that an event that is heard again, or late, does
 * not bring one back (SPEC section 8 "Life cycle").
 */
const erase = statement(
  'approval.erase',
  `with tombstone as (insert into erased_mission (id, customer_id, erased_at) values ($1, $2, $3) on conflict do nothing),
        events as (delete from outbox where mission_id = $1::uuid::text and customer_id = $2 and published_at is not null)
   delete from input_request where mission_id = $1 and customer_id = $2`,
);
export const eraseMission = (tx: Tx, customerId: string, missionId: string, at: string) => tx.run(erase, [missionId, customerId, at]);

const find = statement('approval.erased_among', 'select id from erased_mission where id = any($1::uuid[])');

/** Which of these missions were erased. */
export async function erasedAmong(tx: Tx, missionIds: readonly string[]): Promise<Set<string>> {
  return new Set((await tx.run<{ id: string }>(find, [missionIds])).map((row) => row.id));
}
