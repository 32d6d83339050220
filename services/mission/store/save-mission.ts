import { wakeRelayAfterCommit, insertOutbox, outboxRows } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { RecordedDecision } from '../domain/events.ts';
import { blockerColumns, eventColumns, list, missionColumns, setters, taskColumns } from './columns.ts';
import { itemRows, upsertItems } from './inbox-items.ts';
import { eventJson, taskJson } from './json.ts';
import { bytesAdded, countUseOfOne, useOf } from './quotas.ts';
import { rowsOf } from './rows.ts';
import { searchDocument } from './search.ts';

const ownership: readonly string[] = ['id', 'customer_id', 'user_id', 'created_at'];
export const mutableMission = missionColumns.filter((column) => !ownership.includes(column));
export const mutableTask = taskColumns.filter(
  (column) => !['id', 'mission_id', 'customer_id', 'created_at'].includes(column),
);

/**
 * All that a decision changed, in one statement. Returns the written tasks and history entries as callers are shown
 * them.
 */
const saving = (name: string, inbox: string) =>
  statement(
    name,
    `with
   m as (update mission m set ${setters(mutableMission, 'x')}, bytes = m.bytes + x.bytes,
           search = case when $6::text is null then m.search
                    else ${searchDocument('$6', 'm.customer_id', 'm.user_id')} end
         from jsonb_populate_record(null::mission, $1) x
         where m.id = x.id and m.customer_id = x.customer_id returning m.id),
   t as (insert into task (${list(taskColumns)})
         select ${list(taskColumns)} from jsonb_populate_recordset(null::task, $2)
         on conflict (id) do update set ${setters(mutableTask, 'excluded')}
          where task.customer_id = excluded.customer_id returning *),
   e as (insert into mission_event (${list(eventColumns)})
         select ${list(eventColumns)} from jsonb_populate_recordset(null::mission_event, $3) returning *),
   b as (insert into blocker (${list(blockerColumns)})
         select ${list(blockerColumns)} from jsonb_populate_recordset(null::blocker, $4)
         on conflict (id) do update set resolved_at = excluded.resolved_at, resolution = excluded.resolution,
                                       asked = excluded.asked
          where blocker.customer_id = excluded.customer_id),
   o as (${insertOutbox('$5')}),${countUseOfOne('$7', '$8', '$9')}${inbox}
   select coalesce((select json_object_agg(t.id, ${taskJson('t')}) from t), '{}')::text as tasks,
          coalesce((select json_agg(${eventJson('e')} order by e.sequence) from e), '[]')::text as events,
          (select json_build_object('limit', storage, 'used', storage_used) from use where storage is not null) as storage
     from m`,
  );
const save = saving('mission.save', '');
/** Most decisions write nothing into the inbox, and pay nothing for it. */
const saveWithInbox = saving(
  'mission.save_with_inbox',
  `,
   i as (${upsertItems('$10')})`,
);

export interface SavedRows {
  /** JSON text: the written tasks by id, and the written history entries in order. */
  readonly tasks: string;
  readonly events: string;
  /** Of the customer, in bytes, with this decision; null without a quota. */
  readonly storage: { readonly limit: number; readonly used: number } | null;
}

/** Writes a decision about a mission that `tx` has locked. */
export async function saveMission(tx: Tx, recorded: RecordedDecision): Promise<SavedRows> {
  const rows = rowsOf(recorded);
  const bytes = bytesAdded(recorded);
  const items = itemRows(recorded.before, recorded.mission);
  const [saved] = await tx.run<SavedRows>(items === undefined ? save : saveWithInbox, [
    JSON.stringify({ ...rows.mission, bytes }),
    JSON.stringify(rows.tasks),
    JSON.stringify(rows.history),
    JSON.stringify(rows.blockers),
    outboxRows(rows.outbox),
    rows.search,
    recorded.mission.customer_id,
    useOf(recorded, bytes).missions,
    bytes,
    ...(items === undefined ? [] : [items]),
  ]);
  if (!saved)
    throw new Error(`Mission ${recorded.mission.id} was locked by this transaction, but its row was not found.`);
  wakeRelayAfterCommit(tx);
  return saved;
}
