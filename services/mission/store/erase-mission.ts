import { type AuditActor, missionDeeds } from '@missions/contracts/audit.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { emailReplyKey, missionEndKey } from '@missions/contracts/waits.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { eraseResultsOfMission } from '@missions/persistence/idempotency.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { storeSignal } from './signals.ts';

/**
 * Deletes a mission with everything that belongs to it. Tasks, history, waits and deliveries are deleted with the
 * mission's row, by their foreign keys. Signals have none: the signal of the mission's end and the replies to its
 * e-mails are deleted by their keys. Other signals that the mission waited for may still free another mission, and lose
 * only their data. The tombstone keeps the id.
 */
const erase = statement(
  'mission.erase',
  `with gone as (delete from mission where id = $1 and customer_id = $2 returning id, customer_id, user_id, version, bytes, deleted_at),
        use as (update customer_quota q set storage_used = q.storage_used - coalesce(gone.bytes, 0),
            missions_used = q.missions_used - (gone.deleted_at is null)::int
          from gone where q.customer_id = gone.customer_id),
        tombstone as (insert into erased_mission (id, customer_id, erased_at)
          select id, customer_id, $3 from gone on conflict do nothing),
        marks as (delete from inbox_mark where mission_id = $1 and customer_id = $2),
        signals as (delete from signal using gone
          where signal.customer_id = gone.customer_id and (signal.key = '${missionEndKey('')}' || gone.id
             or signal.key in (select b.key from blocker b
                  where b.mission_id = $1 and b.customer_id = $2 and b.key = '${emailReplyKey('')}' || b.id))),
        heard as (update signal set data = '{}' from gone
          where signal.customer_id = gone.customer_id and signal.user_id in ('', gone.user_id)
            and signal.key in (select b.key from blocker b
                  where b.mission_id = $1 and b.customer_id = $2 and b.kind not in ('mission', 'email_reply')))
   select id, customer_id, user_id, version,
          (1 + (select count(*) from task where mission_id = $1) + (select count(*) from blocker where mission_id = $1)
             + (select count(*) from mission_event where mission_id = $1))::int as rows
     from gone`,
);

const lock = statement(
  'mission.lock_to_erase',
  'select id, user_id from mission where id = $1 and customer_id = $2 for update',
);

export interface DeletedMission {
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  /** The last version. */
  readonly version: number;
  /** Of the mission, its tasks, waits and history. */
  readonly rows: number;
}

/**
 * Erases a mission for good, with its events in the outbox and the results that are stored for repeated calls; does
 * nothing if there is no such mission. Only its id stays, and the event `mission.erased`, on which every other service
 * erases what it holds of the mission (specification section 8 "Life cycle"). Missions that wait for its end go on.
 * @param announce makes that event.
 * @param by who erases it: the record of deeds outlives the mission, whose id it holds and nothing else of it.
 * @returns the number of rows
 */
export async function eraseMission(
  tx: Tx,
  { customer_id, mission_id }: { readonly customer_id: string; readonly mission_id: string },
  at: string,
  announce: (deleted: DeletedMission) => EventEnvelope,
  by: AuditActor,
): Promise<number> {
  const [found] = await tx.run<{ id: string; user_id: string }>(lock, [mission_id, customer_id]);
  if (!found) return 0;
  // Only operators erase a mission that is open. The signal is deleted with the mission, its deliveries are not.
  await storeSignal(tx, { customer_id, user_id: found.user_id }, missionEndKey(found.id), {
    id: `${found.id}:erased`,
    data: { mission_id: found.id, status: 'erased', outcome: null },
    final: true,
    received_at: at,
  });
  const [deleted] = await tx.run<DeletedMission>(erase, [mission_id, customer_id, at]);
  if (!deleted) return 0;
  const results = await eraseResultsOfMission(tx, mission_id);
  const events = await eraseEventsOfMission(tx, customer_id, mission_id);
  await appendToOutbox(tx, [announce(deleted)]);
  const target = { kind: 'mission', id: deleted.id } as const;
  await recordDeeds(tx, [
    { customer_id, by, action: missionDeeds.erased, target, mission_id: deleted.id, result: 'done' },
  ]);
  return deleted.rows + results + events;
}
