import { blockerReference } from '@missions/contracts/waits.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Blocker, Mission } from '../domain/state.ts';
import type { Signal } from '../domain/heard.ts';
import { lockSignalKey } from './signals.ts';

/**
 * Waits for other missions. Such a wait is for a state: that the other mission has ended. A deleted mission has ended,
 * as cancelled; an erased one has ended too, and only its id is known.
 */
const UUID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const asId = (text: string): string => `case when ${text} ~ '${UUID}' then (${text})::uuid end`;

const find = statement(
  'mission.find_end_of_mission',
  `select jsonb_build_object('id', m.id || ':' || m.version, 'final', true, 'received_at', iso(m.completed_at), 'data',
            jsonb_build_object('mission_id', m.id, 'status', m.status, 'outcome', m.outcome)) as signal
     from mission m where m.id = ${asId('$1::text')} and m.customer_id = $2 and m.user_id = $3
                      and m.status in ('completed', 'cancelled', 'failed')
   union all
   select jsonb_build_object('id', e.id || ':erased', 'final', true, 'received_at', iso(e.erased_at), 'data',
            jsonb_build_object('mission_id', e.id, 'status', 'erased', 'outcome', null))
     from erased_mission e where e.id = ${asId('$1::text')} and e.customer_id = $2`,
);

/**
 * The end of the mission that a wait just opened is for, in the form in which that mission signals it; undefined while
 * it is open. The lock is that of the signal (`storeSignal`): a mission that ends meanwhile is seen here or sees the
 * wait.
 */
export async function findEndOfMission(tx: Tx, { customer_id, user_id }: Mission, { key }: Blocker) {
  await lockSignalKey(tx, customer_id, key);
  const [row] = await tx.run<{ signal: Signal }>(find, [blockerReference('mission', key), customer_id, user_id]);
  return row?.signal;
}

const exists = statement(
  'mission.awaited_exists',
  `select 1 from mission where id = ${asId('$1::text')} and customer_id = $2 and user_id = $3`,
);

interface User {
  readonly customer_id: string;
  readonly user_id: string;
}

/** Whether the user has such a mission, be it open, ended or deleted. `id` in lower case. */
export const isMissionOf = async (tx: Tx, { customer_id, user_id }: User, id: string): Promise<boolean> =>
  (await tx.run(exists, [id, customer_id, user_id])).length > 0;

const lock = statement(
  'mission.lock_waits_for_missions',
  'select pg_advisory_xact_lock(hashtextextended($1 || chr(31) || $2, 20261130))',
);

/** Waits that are open, and those that tasks of the plan will open, of missions that have not ended. */
const reaches = statement(
  'mission.awaited_waits_for',
  `with recursive awaited (id) as (
     select $1::uuid
     union
     select ${asId('w.reference')} from awaited a
       join mission m on m.id = a.id and m.customer_id = $2 and m.user_id = $3
                     and m.status not in ('completed', 'cancelled', 'failed')
      cross join lateral (
        select lower(split_part(b.key, ':', 2)) as reference from blocker b
         where b.mission_id = m.id and b.customer_id = $2 and b.kind = 'mission' and b.resolved_at is null
        union all
        select lower(one ->> 'reference') from task t
         cross join lateral jsonb_array_elements(jsonb_build_array(t.wait_for) || coalesce(t.wait_for -> 'others', '[]')) one
         where t.mission_id = m.id and t.customer_id = $2 and one ->> 'kind' = 'mission'
           and t.status in ('pending', 'ready')) w)
   select 1 from awaited where id = $4::uuid limit 1`,
);

/**
 * Whether an awaited mission waits for `waiter` itself, directly or through others. Missions of one user begin to wait
 * for each other one after another: two that begin at the same time would not see each other's wait. The lock comes
 * after the mission's row and before the keys of signals.
 */
export async function waitsFor(tx: Tx, awaited: string, { id, customer_id, user_id }: Mission): Promise<boolean> {
  await tx.run(lock, [customer_id, user_id]);
  return (await tx.run(reaches, [awaited, customer_id, user_id, id])).length > 0;
}
