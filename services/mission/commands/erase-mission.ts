import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { erasedEvent } from '../domain/events.ts';
import { deleteMission } from '../store/erase-mission.ts';

/**
 * Erases a mission for good, with its events in the outbox. Only its id stays, and `mission.erased`, on which every
 * other service erases what it holds of the mission (specification section 8 "Life cycle").
 */
export async function eraseMission(
  tx: Tx,
  { customer_id, mission_id }: { readonly customer_id: string; readonly mission_id: string },
  { at, newId }: { readonly at: string; readonly newId: () => string },
): Promise<void> {
  const deleted = await deleteMission(tx, customer_id, mission_id, at);
  if (!deleted) return;
  await eraseEventsOfMission(tx, customer_id, mission_id);
  await appendToOutbox(tx, [erasedEvent(deleted, { id: newId(), at })]);
}
