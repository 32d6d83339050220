import { missionErased } from '@missions/contracts/mission/changes.ts';
import { statement } from '../statement.ts';
import type { Tx } from '../transaction.ts';

const forget = statement(
  'outbox.forget',
  `delete from outbox where mission_id = $1::uuid::text and customer_id = $2 and type <> '${missionErased}'`,
);

/**
 * For the erasure of a mission, in its transaction: deletes every event of it that the outbox holds, and leaves only the word that it was erased.
 * Call it after the deletion of its rows, as a statement of its own: a writer that the deletion had to wait for has committed events by then,
 * which the deletion's own statement could not see.
 *
 * Events that are not published yet go too: published now, what they say would outlive the mission in the streams by weeks. Whoever hears of
 * its erasure has no use for what led there.
 */
export async function eraseEventsOfMission(tx: Tx, customerId: string, missionId: string): Promise<void> {
  await tx.run(forget, [missionId, customerId]);
}
