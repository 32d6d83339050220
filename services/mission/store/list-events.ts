import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { eventJson } from './json.ts';
import { missionNotFound, type Scope } from './load-mission.ts';

/** A page of the history, by sequence. One row more than asked for tells whether another page follows. */
const page = (order: 'asc' | 'desc') =>
  statement(
    `mission.list_events_${order}`,
    `with found as (select from mission m where m.id = $1 and m.customer_id = $2 and ($3::text is null or m.user_id = $3) and m.deleted_at is null),
      p as (select * from mission_event where mission_id = $1 and customer_id = $2 and sequence ${order === 'asc' ? '>' : '<'} $4 order by sequence ${order} limit $5 + 1),
      shown as (select * from p order by sequence ${order} limit $5)
     select exists (select from found) as found,
            coalesce((select json_agg(${eventJson('e')} order by e.sequence ${order}) from shown e), '[]')::text as events,
            (select count(*) from p) > $5 as more,
            (select ${order === 'asc' ? 'max' : 'min'}(sequence) from shown) as last`,
  );
const pages = { asc: page('asc'), desc: page('desc') };

export interface EventPage {
  /** JSON text. */
  readonly events: string;
  readonly more: boolean;
  /** The sequence that the next page starts behind. */
  readonly last: number;
}

/** @param after the last sequence of the page before; null for the first page. */
export async function listEvents(tx: Tx, scope: Scope, missionId: string, asked: { order: 'asc' | 'desc'; after: number | null; limit: number }): Promise<EventPage> {
  const from = asked.after ?? (asked.order === 'asc' ? 0 : 2_147_483_647);
  const [row] = await tx.run<EventPage & { found: boolean }>(pages[asked.order], [missionId, scope.customer_id, scope.user_id, from, asked.limit]);
  if (!row?.found) throw missionNotFound();
  return row;
}
