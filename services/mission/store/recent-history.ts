import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { eventJson } from './json.ts';

/**
 * What happened in a user's missions from a time on, oldest first. Missions that changed since are few, whatever the user has in all; of each,
 * the entries are found by walking back from its newest.
 */
const list = statement(
  'mission.recent_history',
  `with p as (
     select e.* from mission m cross join lateral (
       select * from mission_event e where e.mission_id = m.id and e.customer_id = m.customer_id and e.created_at >= $3::timestamptz order by e.sequence limit $4 + 1) e
      where m.customer_id = $1 and m.user_id = $2 and m.deleted_at is null and m.updated_at >= $3::timestamptz
      order by e.created_at, e.id limit $4 + 1),
    shown as (select * from (select e.*, sum(octet_length(e.content) + octet_length(e.metadata::text)) over (order by e.created_at, e.id) as bytes
                from (select * from p order by created_at, id limit $4) e) e where e.bytes <= 6000000)
   select coalesce((select json_agg(${eventJson('e')} order by e.created_at, e.id) from shown e), '[]')::text as events, (select count(*) from p) > (select count(*) from shown) as truncated`,
);

/** @returns JSON text `{events, truncated}` */
export async function listRecentHistory(
  tx: Tx,
  customerId: string,
  userId: string,
  since: string,
  limit: number,
): Promise<string> {
  const [row] = await tx.run<{ events: string; truncated: boolean }>(list, [customerId, userId, since, limit]);
  return `{"events":${row?.events ?? '[]'},"truncated":${row?.truncated ?? false}}`;
}
