import { forgetEvents } from '@missions/persistence/outbox/forget.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * A mission was erased: its e-mails go, with their messages and replies (which fall with them), what is kept of them for others, and the
 * answers of the last day that showed them. Its id stays, so that an event that is heard again, or late, does not bring one back (SPEC section 8
 * "Life cycle").
 */
const erase = statement(
  'email.erase',
  `with tombstone as (insert into erased_mission (id, customer_id, erased_at) values ($1, $2, $3) on conflict do nothing),
        gone as (delete from email where mission_id = $1 and customer_id = $2 returning id)
   delete from idempotency i using gone where position(gone.id::text in i.answer) > 0`,
);

/** Who brings an e-mail of the mission holds it shared, the erasure alone: else an e-mail could come between the look and the deletion. */
const alone = statement('mission.lock', 'select pg_advisory_xact_lock(hashtextextended($1, 0))');
const shared = statement('mission.lock_shared', 'select pg_advisory_xact_lock_shared(hashtextextended($1, 0))');

export async function eraseMission(tx: Tx, customerId: string, missionId: string, at: string): Promise<void> {
  await tx.run(alone, [missionId.toLowerCase()]);
  await tx.run(erase, [missionId, customerId, at]);
  await forgetEvents(tx, customerId, missionId);
}

const find = statement('email.erased', 'select 1 from erased_mission where id = $1');

/** Until the transaction ends it will not be erased. */
export async function wasErased(tx: Tx, missionId: string): Promise<boolean> {
  await tx.run(shared, [missionId.toLowerCase()]);
  return (await tx.run(find, [missionId])).length > 0;
}
