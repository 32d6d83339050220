import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { eventJson, fitting, taskJson } from './json.ts';
import type { Scope } from './load-mission.ts';

export type HistoryOrder = 'asc' | 'desc';

const isSequence = (part: unknown): boolean =>
  Number.isInteger(part) && (part as number) > 0 && (part as number) < 2 ** 31;

/** The sequence that a page begins behind; undefined if the cursor is not one of this list in this order. */
export const decodeHistoryCursor = (cursor: string, order: HistoryOrder): number | undefined =>
  decodeCursor(cursor, order, [isSequence])?.[0] as number | undefined;

/** A page of the history, by sequence. One row more than the limit shows whether another page follows. */
const page = (order: HistoryOrder) =>
  statement(
    `mission.list_events_${order}`,
    `with found as (select from mission m
        where m.id = $1 and m.customer_id = $2 and ($3::text is null or m.user_id = $3) and m.deleted_at is null),
      p as (select * from mission_event
             where mission_id = $1 and customer_id = $2 and sequence ${order === 'asc' ? '>' : '<'} $4
             order by sequence ${order} limit $5 + 1),
      shown as ${fitting(`select * from p order by sequence ${order} limit $5`, order)}
     select exists (select from found) as found,
            coalesce((select json_agg(${eventJson('e')} order by e.sequence ${order})
              from shown e), '[]')::text as events,
            (select count(*) from p) > (select count(*) from shown) as more,
            (select ${order === 'asc' ? 'max' : 'min'}(sequence) from shown) as last`,
  );
const pages = { asc: page('asc'), desc: page('desc') };

export interface HistoryPage {
  /** JSON text. */
  readonly events: string;
  /** null if no page follows. */
  readonly next_cursor: string | null;
}

/**
 * Undefined if the scope has no such mission, or only a deleted one.
 * @param after the last sequence of the page before; undefined for the first page.
 */
export async function listEvents(
  tx: Tx,
  scope: Scope,
  missionId: string,
  { order, after, limit }: { order: HistoryOrder; after?: number; limit: number },
): Promise<HistoryPage | undefined> {
  const from = after ?? (order === 'asc' ? 0 : 2_147_483_647);
  const values = [missionId, scope.customer_id, scope.user_id, from, limit];
  const [row] = await tx.run<{ found: boolean; events: string; more: boolean; last: number }>(pages[order], values);
  if (!row?.found) return undefined;
  return { events: row.events, next_cursor: row.more ? encodeCursor(order, [row.last]) : null };
}

const findChanges = statement(
  'mission.changes_since',
  `with p as (select * from mission_event
             where mission_id = $1 and customer_id = $2 and sequence > $3 order by sequence limit $4 + 1),
      shown as ${fitting('select * from p order by sequence limit $4', 'asc')}
     select coalesce((select json_agg(${eventJson('e')} order by e.sequence) from shown e), '[]')::text as events,
            coalesce((select json_agg(${taskJson('t')} order by t."order", t.id) from task t
              where t.mission_id = $1 and t.customer_id = $2
                and t.id in (select task_id from shown)), '[]')::text as tasks,
            (select count(*) from p) > (select count(*) from shown) as truncated`,
);

export interface Changes {
  readonly events: string;
  readonly tasks: string;
  readonly truncated: boolean;
}

/**
 * The history entries after the sequence `since`, at most `limit`, and the tasks that they are about, as these are now.
 * @returns `events` and `tasks` as JSON texts.
 */
export async function changesSince(
  tx: Tx,
  customerId: string,
  missionId: string,
  since: number,
  limit: number,
): Promise<Changes> {
  const values = [missionId, customerId, since, limit];
  const [row] = await tx.run<Changes>(findChanges, values);
  if (!row) throw new Error('mission.changes_since returned no row, although its select has no from clause.');
  return row;
}
