import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { detailJson, eventJson, fitting, missionJson, inputRequestsJson, taskJson } from './json.ts';
import { missionNotFound, type Scope } from './load-mission.ts';

const visible = 'm.id = $1 and m.customer_id = $2 and ($3::text is null or m.user_id = $3) and m.deleted_at is null';

/** A mission with its tasks, newest events and open blockers: JSON text, in one statement. */
const read = statement(
  'mission.read',
  `select ${detailJson('m', '$4::int')}::text as body, m.version from mission m where ${visible}`,
);

export async function readMission(
  tx: Tx,
  scope: Scope,
  missionId: string,
  events: number,
): Promise<{ body: string; version: number }> {
  const [row] = await tx.run<{ body: string; version: number }>(read, [
    missionId,
    scope.customer_id,
    scope.user_id,
    events,
  ]);
  if (!row) throw missionNotFound();
  return row;
}

/** The parts of the resume bundle that are rows: JSON texts, but for what `brief` is made of. */
const readBundle = statement(
  'mission.read_bundle',
  `select ${missionJson('m')}::text as mission,
     coalesce((select json_agg(${taskJson('t')} order by t."order", t.id) from task t where t.mission_id = m.id and t.customer_id = m.customer_id), '[]')::text as tasks,
     coalesce((select json_agg(${taskJson('t')} order by t."order", t.id) from task t where t.mission_id = m.id and t.customer_id = m.customer_id and t.status in ('ready', 'in_progress')), '[]')::text as next_tasks,
     coalesce((select json_agg(${eventJson('e')} order by e.sequence desc) from ${fitting('select * from mission_event where mission_id = m.id and customer_id = m.customer_id order by sequence desc limit $4', 'desc')} e), '[]')::text as recent_events,
     coalesce((select json_agg(json_build_object('key', b.key, 'kind', b.kind, 'reason', b.reason, 'task_id', b.task_id, 'since', iso(b.opened_at), 'until_at', iso(b.timeout_at)) order by b.opened_at, b.id)
       from blocker b where b.mission_id = m.id and b.customer_id = m.customer_id and b.resolved_at is null), '[]')::text as blockers,
     coalesce((${inputRequestsJson('m', '')})::text, 'null') as input_requests
   from mission m where ${visible}`,
);

export interface BundleRows {
  readonly mission: string;
  readonly tasks: string;
  readonly next_tasks: string;
  readonly recent_events: string;
  readonly blockers: string;
  /** `[]`, or `null` when the approval service has some. */
  readonly input_requests: string;
}

export async function readBundleRows(tx: Tx, scope: Scope, missionId: string, events: number): Promise<BundleRows> {
  const [row] = await tx.run<BundleRows>(readBundle, [missionId, scope.customer_id, scope.user_id, events]);
  if (!row) throw missionNotFound();
  return row;
}
