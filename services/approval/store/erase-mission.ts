import { eraseResultsOfMission } from '@missions/persistence/idempotency.ts';
import { addTombstone } from '@missions/persistence/tombstones.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

const erase = statement(
  'approval.erase',
  `with people as (delete from input_person where mission_id = $1 and customer_id = $2),
    answers as (delete from input_answer where mission_id = $1 and customer_id = $2)
   delete from input_request where mission_id = $1 and customer_id = $2 returning 1`,
);

/**
 * Deletes the input requests of an erased mission, the results that are stored for repeated calls, and the events about
 * them. The mission's id stays as a tombstone, so that a late or repeated event does not bring a request back
 * (specification section 8 "Life cycle"). May be repeated. @returns the number of rows
 */
export async function eraseMission(tx: Tx, customerId: string, missionId: string, at: string): Promise<number> {
  await addTombstone(tx, customerId, missionId, at);
  const requests = await tx.run(erase, [missionId, customerId]);
  const results = await eraseResultsOfMission(tx, missionId);
  return requests.length + results + (await eraseEventsOfMission(tx, customerId, missionId));
}
