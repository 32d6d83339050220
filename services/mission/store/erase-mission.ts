import { missionErased } from '@missions/contracts/mission/changes.ts';
import { emailReplyKey, missionEndKey } from '@missions/contracts/waits.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * Takes a mission away with everything that belongs to it: tasks, history, waits and deliveries go with its row, its signals and events by
 * their own conditions: replies to its mail are signals too. Only its id stays. Every other service does the same when it hears of it.
 */
const erase = statement(
  'mission.erase',
  `with gone as (delete from mission where id = $1 and customer_id = $2 returning id, customer_id, user_id, version),
        tombstone as (insert into erased_mission (id, customer_id, erased_at) select id, customer_id, $3 from gone on conflict do nothing),
        signals as (delete from signal using gone where signal.customer_id = gone.customer_id and (signal.key = '${missionEndKey('')}' || gone.id
          or signal.key in (select b.key from blocker b where b.mission_id = $1 and b.customer_id = $2 and b.key = '${emailReplyKey('')}' || b.id)))
   select user_id, version from gone`,
);

/** Answers whether there was such a mission. */
export async function eraseMission(
  tx: Tx,
  customerId: string,
  missionId: string,
  at: string,
  eventId: string,
): Promise<boolean> {
  const [gone] = await tx.run<{ user_id: string; version: number }>(erase, [missionId, customerId, at]);
  if (!gone) return false;
  await eraseEventsOfMission(tx, customerId, missionId);
  const about = {
    customer_id: customerId,
    user_id: gone.user_id,
    mission_id: missionId,
    version: gone.version + 1,
    index: 0,
  };
  await appendToOutbox(tx, [
    { id: eventId, type: missionErased, source: '/services/mission', time: at, ...about, data: { ...about } },
  ]);
  return true;
}
