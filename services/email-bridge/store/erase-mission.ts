import { addTombstone } from '@missions/persistence/tombstones.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * A mission was erased: its e-mails go, with their messages and replies (which fall with them), what is kept of them for others, and the
 * answers of the last day that showed them. Its id stays, so that an event that is heard again, or late, does not bring one back (specification section 8
 * "Life cycle").
 */
const erase = statement(
  'email.erase',
  `with gone as (delete from email where mission_id = $1 and customer_id = $2 returning id)
   delete from idempotency i using gone where position(gone.id::text in i.answer) > 0`,
);

export async function eraseMission(tx: Tx, customerId: string, missionId: string, at: string): Promise<void> {
  await addTombstone(tx, customerId, missionId, at);
  await tx.run(erase, [missionId, customerId]);
  await eraseEventsOfMission(tx, customerId, missionId);
}
