import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { attentionOf, inboxChanges, type InboxChange, inboxOf } from '../domain/inbox.ts';
import type { Mission } from '../domain/state.ts';
import { inboxColumns, list, setters } from './columns.ts';

/**
 * The rows of the inbox. A decision writes the items that it opened, changed or ended, and nothing if there are none:
 * `saveMission` does it in its own statement.
 */
const ownership: readonly string[] = ['mission_id', 'key', 'customer_id', 'user_id'];
const content = inboxColumns.filter((column) => !ownership.includes(column));

/** @param rows SQL of the rows, a JSON array. */
export const upsertItems = (rows: string): string =>
  `insert into inbox_item (${list(inboxColumns)})
   select ${list(inboxColumns)} from jsonb_populate_recordset(null::inbox_item, ${rows})
   on conflict (mission_id, key) do update set ${setters(content, 'excluded')}
    where inbox_item.customer_id = excluded.customer_id`;

const upsert = statement('mission.inbox_write', upsertItems('$1'));

/** JSON text, in the order in which rows are locked by everybody; undefined if nothing is to be written. */
export function itemRows(before: Mission | null, after: Mission): string | undefined {
  const changes = inboxChanges(before, after);
  return changes.length === 0 ? undefined : rowsOf(after, changes);
}

const rowsOf = (
  { id: mission_id, customer_id, user_id, version, updated_at }: Mission,
  changes: readonly InboxChange[],
) =>
  JSON.stringify(
    changes
      .toSorted((one, other) => (one.key < other.key ? -1 : 1))
      .map(({ ended, of, ...item }) => ({
        ...item,
        mission_id,
        customer_id,
        user_id: of?.user_id ?? user_id,
        shown_from: of?.from ?? null,
        revision: version,
        ended_at: ended ? updated_at : null,
      })),
  );

/** Of a new mission. */
export async function insertItems(tx: Tx, mission: Mission): Promise<void> {
  const rows = itemRows(null, mission);
  if (rows !== undefined) await tx.run(upsert, [rows]);
}

/**
 * Missions whose items are not what they say: they stood before the inbox did, or a version without it has written them
 * since.
 */
const unfilled = statement(
  'mission.inbox_unfilled',
  `select m.id, m.customer_id from mission m
    where m.needs_attention and m.deleted_at is null
      and not exists (select from inbox_item i where i.mission_id = m.id and i.customer_id = m.customer_id
                        and i.ended_at is null)
    limit $1`,
);
const mend = statement(
  'mission.inbox_mend',
  `with attention as (update mission set attention = $3 where id = $1 and customer_id = $2)
   select key from inbox_item where mission_id = $1 and customer_id = $2 and ended_at is null`,
);

export const findUnfilled = (tx: Tx, most: number): Promise<{ id: string; customer_id: string }[]> =>
  tx.run<{ id: string; customer_id: string }>(unfilled, [most]);

/** Writes the items of a mission that the transaction has locked, and ends those that it does not have. */
export async function fillItems(tx: Tx, mission: Mission): Promise<void> {
  const attention = JSON.stringify(attentionOf(mission));
  const standing = new Set(
    (await tx.run<{ key: string }>(mend, [mission.id, mission.customer_id, attention])).map(({ key }) => key),
  );
  const missing = inboxOf(mission).filter(({ key }) => !standing.has(key));
  if (missing.length > 0)
    await tx.run(upsert, [
      rowsOf(
        mission,
        missing.map((item) => ({ ...item, ended: false })),
      ),
    ]);
}
