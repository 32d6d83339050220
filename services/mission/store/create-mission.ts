import type { Idempotency } from '@missions/contracts/request.ts';
import { idempotencyValues, type KeptAnswer } from '@missions/persistence/idempotency.ts';
import { announceOutbox, insertOutbox, outboxRows } from '@missions/persistence/outbox/add.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { blockerColumns, eventColumns, list, members, missionColumns, shownMission, taskColumns } from './columns.ts';
import { eventJson, openBlockerJson, taskJson } from './json.ts';
import type { Rows } from './rows.ts';
import { searchDocument } from './search.ts';

/**
 * Mission, tasks, waits, history, outbox and idempotency key in one statement, which also builds the answer: one round trip and one
 * commit. A plain insert of the key is its guard: a key that was used meanwhile fails the whole statement, and the first answer is given again.
 */
const create = statement(
  'mission.create',
  `with
   m as (insert into mission (${list(missionColumns)}, search) select ${list(missionColumns, 'x')}, ${searchDocument('$9', 'x.customer_id', 'x.user_id')} from jsonb_populate_record(null::mission, $1) x returning *),
   t as (insert into task (${list(taskColumns)}) select ${list(taskColumns)} from jsonb_populate_recordset(null::task, $2) returning *),
   e as (insert into mission_event (${list(eventColumns)}) select ${list(eventColumns)} from jsonb_populate_recordset(null::mission_event, $3) returning *),
   b as (insert into blocker (${list(blockerColumns)}) select ${list(blockerColumns)} from jsonb_populate_recordset(null::blocker, $4) returning *),
   o as (${insertOutbox('$5')}),
   answer as (select json_build_object(${members('m', shownMission)},
       'tasks', coalesce((select json_agg(${taskJson('t')} order by t."order", t.id) from t), '[]'),
       'recent_events', coalesce((select json_agg(${eventJson('n')} order by n.sequence desc) from (select * from e order by sequence desc limit 5) n), '[]'),
       'blockers', coalesce((select json_agg(${openBlockerJson('b')} order by b.opened_at, b.id) from b), '[]'),
       'input_requests', '[]'::json)::text as body, m.version from m),
   i as (insert into idempotency (scope_hash, key, hash, answer, version) select $6, $7, $8, body, version from answer where $6::text is not null)
   select body from answer`,
);

/** Fails with a unique violation when the key was used meanwhile: see `replay`. */
export async function insertMission(tx: Tx, rows: Rows, idempotency: Idempotency | undefined): Promise<KeptAnswer> {
  announceOutbox(tx);
  const [row] = await tx.run<{ body: string }>(create, [
    JSON.stringify(rows.mission),
    JSON.stringify(rows.tasks),
    JSON.stringify(rows.events),
    JSON.stringify(rows.blockers),
    outboxRows(rows.outbox),
    ...idempotencyValues(idempotency),
    rows.search,
  ]);
  if (!row) throw new Error('a created mission was not there to be shown');
  return { body: row.body, version: 1 };
}
