import { eraseResultsOfMission } from '@missions/persistence/idempotency.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import { addTombstone } from '@missions/persistence/tombstones.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

const erase = statement('subject.erase', 'delete from subject where mission_id = $1 and customer_id = $2 returning 1');
const eraseLinks = statement(
  'action_link.erase',
  'delete from action_link where mission_id = $1 and customer_id = $2 returning 1',
);

const eraseDeliveries = statement(
  'webhook_delivery.erase',
  'delete from webhook_delivery where mission_id = $1 and customer_id = $2 returning 1',
);

/**
 * Deletes what was told of an erased mission. Notices have the ids of their subjects only, and say nothing more without
 * them. May be repeated. @returns the number of rows
 */
export async function eraseMission(tx: Tx, customerId: string, missionId: string, at: string): Promise<number> {
  await addTombstone(tx, customerId, missionId, at);
  const subjects = await tx.run(erase, [missionId, customerId]);
  const links = await tx.run(eraseLinks, [missionId, customerId]);
  const deliveries = await tx.run(eraseDeliveries, [missionId, customerId]);
  const results = await eraseResultsOfMission(tx, missionId);
  const events = await eraseEventsOfMission(tx, customerId, missionId);
  return subjects.length + links.length + deliveries.length + results + events;
}
