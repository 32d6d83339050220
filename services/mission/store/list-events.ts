import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { eventJson, fitting, taskJson } from './json.ts';
import { missionNotFound, type Scope } from './load-mission.ts';

/** A page of the history, by sequence. One row more than asked for tells whether another page follows. */
const page = (order: 'asc' | 'desc') =>
  statement(
    `mission.list_events_${order}`,
    `with found as (select from mission m where m.id = $1 and m.customer_id = $2 and ($3::text is null or m.user_id = $3) and m.deleted_at is null),
      p as (select * from mission_event where mission_id = $1 and customer_id = $2 and sequence ${order === 'asc' ? '>' : '<'} $4 order by sequence ${order} limit $5 + 1),
      shown as ${fitting(`select * from p order by sequence ${order} limit $5`, order)}
     select exists (select from found) as found,
            coalesce((select json_agg(${eventJson('e')} order by e.sequence ${order}) from shown e), '[]')::text as events,
            (select count(*) from p) > (select count(*) from shown) as more,
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
export async function listEvents(
  tx: Tx,
  scope: Scope,
  missionId: string,
  asked: { order: 'asc' | 'desc'; after: number | null; limit: number },
): Promise<EventPage> {
  const from = asked.after ?? (asked.order === 'asc' ? 0 : 2_147_483_647);
  const [row] = await tx.run<EventPage & { found: boolean }>(pages[asked.order], [
    missionId,
    scope.customer_id,
    scope.user_id,
    from,
    asked.limit,
  ]);
  if (!row?.found) throw missionNotFound();
  return row;
}

/** The entries after `since` in order, at most `limit`, and the tasks that they are about, as they are now: JSON texts. */
const after = statement(
  'mission.changes_since',
  `with p as (select * from mission_event where mission_id = $1 and customer_id = $2 and sequence > $3 order by sequence limit $4 + 1),
      shown as ${fitting('select * from p order by sequence limit $4', 'asc')}
     select coalesce((select json_agg(${eventJson('e')} order by e.sequence) from shown e), '[]')::text as events,
            coalesce((select json_agg(${taskJson('t')} order by t."order", t.id) from task t
              where t.mission_id = $1 and t.customer_id = $2 and t.id in (select task_id from shown)), '[]')::text as tasks,
            (select count(*) from p) > (select count(*) from shown) as truncated`,
);

export async function changesSince(
  tx: Tx,
  customerId: string,
  missionId: string,
  since: number,
  limit: number,
): Promise<string> {
  const [row] = await tx.run<{ events: string; tasks: string; truncated: boolean }>(after, [
    missionId,
    customerId,
    since,
    limit,
  ]);
  if (!row) throw new Error('a select without from answers one row');
  return `{"since":${since},"events":${row.events},"tasks":${row.tasks},"truncated":${row.truncated}}`;
}
