import { forgetEvents } from '@missions/persistence/outbox/forget.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * A mission was erased: its questions go, with the events that tell of them. Its id stays, so that an event that is heard again, or late, does
 * not bring one back (SPEC section 8 "Life cycle").
 */
const erase = statement(
  'approval.erase',
  `with tombstone as (insert into erased_mission (id, customer_id, erased_at) values ($1, $2, $3) on conflict do nothing)
   delete from input_request where mission_id = $1 and customer_id = $2`,
);
export async function eraseMission(tx: Tx, customerId: string, missionId: string, at: string): Promise<void> {
  await tx.run(erase, [missionId, customerId, at]);
  await forgetEvents(tx, customerId, missionId);
}

const find = statement('approval.erased_among', 'select id from erased_mission where id = any($1::uuid[])');

/** Which of these missions were erased. */
export async function erasedAmong(tx: Tx, missionIds: readonly string[]): Promise<Set<string>> {
  return new Set((await tx.run<{ id: string }>(find, [missionIds])).map((row) => row.id));
}
