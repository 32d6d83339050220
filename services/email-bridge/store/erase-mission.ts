import { addTombstone } from '@missions/persistence/tombstones.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * Messages and replies are deleted with their e-mail (`on delete cascade`), and so are the stored results that contain
 * its id.
 */
const erase = statement(
  'email.erase',
  `with gone as (delete from email where mission_id = $1 and customer_id = $2 returning id)
   delete from idempotency i using gone where position(gone.id::text in i.answer) > 0`,
);

/**
 * Erases the e-mails of a mission and the events about them. The mission's id stays as a tombstone, so that an event
 * that is delivered late, or again, does not bring an e-mail back (specification section 8 "Life cycle").
 */
export async function eraseMission(tx: Tx, customerId: string, missionId: string, at: string): Promise<void> {
  await addTombstone(tx, customerId, missionId, at);
  await tx.run(erase, [missionId, customerId]);
  await eraseEventsOfMission(tx, customerId, missionId);
}
