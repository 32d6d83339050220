import { addTombstone } from '@missions/persistence/tombstones.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

const erase = statement('approval.erase', 'delete from input_request where mission_id = $1 and customer_id = $2');

/**
 * Deletes the input requests of an erased mission and the events about them. The mission's id stays as a tombstone, so
 * that a late or repeated event does not bring a request back (specification section 8 "Life cycle").
 */
export async function eraseMission(tx: Tx, customerId: string, missionId: string, at: string): Promise<void> {
  await addTombstone(tx, customerId, missionId, at);
  await tx.run(erase, [missionId, customerId]);
  await eraseEventsOfMission(tx, customerId, missionId);
}
