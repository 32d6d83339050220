import { missionErased } from '@missions/contracts/mission/changes.ts';
import { statement } from '../statement.ts';
import type { Tx } from '../transaction.ts';

const erase = statement(
  'outbox.forget',
  `delete from outbox where mission_id = $1::uuid::text and customer_id = $2 and type <> '${missionErased}'
   returning 1`,
);

/**
 * Deletes every event of an erased mission from the outbox, except the event of its erasure. Call it in the transaction
 * of the erasure, after the deletion of the mission's rows and as a statement of its own: a writer that the deletion
 * waited for has committed events by then, which the deletion's own statement could not see.
 *
 * Events that are not published yet are deleted too: if they were published now, their data would outlive the mission
 * in the streams by weeks. A consumer that learns of the erasure does not need the earlier events.
 *
 * @returns how many
 */
export async function eraseEventsOfMission(tx: Tx, customerId: string, missionId: string): Promise<number> {
  return (await tx.run(erase, [missionId, customerId])).length;
}
