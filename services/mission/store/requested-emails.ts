import type { RequestedMail } from '@missions/contracts/email/email.ts';
import { missionChanges } from '@missions/contracts/mission/changes.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** The wait for replies has the id of its e-mail, and says which mission sent it. */
const requested = statement(
  'mission.requested_email',
  `with sender as materialized (
     select m.id::text as mission_id from mission m
      where m.id = coalesce($2::uuid, (select b.mission_id from blocker b where b.id = $1::uuid and b.customer_id = $3))
        and m.customer_id = $3 and ($4::text is null or m.user_id = $4) and m.deleted_at is null)
   select o.data -> 'mail' as mail from sender s join outbox o on o.mission_id = s.mission_id
    where o.customer_id = $3 and o.type = $5 and o.data -> 'mail' ->> 'id' = $1::uuid::text
    limit 1`,
);

/**
 * The e-mail as it was requested; undefined if no event in the outbox has it. Without its mission's id only one that
 * expects replies is found.
 */
export async function requestedEmail(
  tx: Tx,
  { customer_id, user_id }: { readonly customer_id: string; readonly user_id: string | null },
  trackingId: string,
  missionId: string | null,
): Promise<RequestedMail | undefined> {
  const values = [trackingId, missionId, customer_id, user_id, missionChanges.email_requested.subject];
  const [row] = await tx.run<{ mail: RequestedMail }>(requested, values);
  return row?.mail;
}
