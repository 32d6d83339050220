import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import {
  detailJson,
  inputRequestsJson,
  missionJson,
  newestEventsOf,
  openBlockersOf,
  taskJson,
  tasksOf,
} from './json.ts';
import type { Scope } from './load-mission.ts';
import { withOmittedEvents } from './omitted.ts';

const owned = 'm.id = $1 and m.customer_id = $2 and ($3::text is null or m.user_id = $3)';
const visible = `${owned} and m.deleted_at is null`;

const detailOf = (tasks?: string): string =>
  `select ${detailJson('m', '$4::int', tasks)}::text as body, m.version from mission m
    where ${owned} and (m.deleted_at is null or $5::boolean)`;

/** A mission with its tasks, newest events and open blockers: JSON text, in one statement. */
const readDetail = statement('mission.read', detailOf());
/** Of a mission with a thousand tasks, they are nearly all of what is read. */
const readWithoutTasks = statement('mission.read_without_tasks', detailOf(`'[]'::json`));

interface Included {
  /** How many of the newest history entries. */
  readonly events: number;
  /** Finds a deleted one too, which only its user is shown. */
  readonly deleted?: boolean;
  readonly tasks?: boolean;
}

/** Undefined if the scope has no such mission, or only a deleted one that is not included. */
export async function readMission(
  tx: Tx,
  scope: Scope,
  missionId: string,
  { events, deleted = false, tasks = true }: Included,
): Promise<{ body: string; version: number } | undefined> {
  const values = [missionId, scope.customer_id, scope.user_id, events, deleted];
  const [row] = await tx.run<{ body: string; version: number }>(tasks ? readDetail : readWithoutTasks, values);
  return row && { ...row, body: withOmittedEvents(row.body, events) };
}

const readBundle = statement(
  'mission.read_bundle',
  `select ${missionJson('m')}::text as mission,
     ${tasksOf('m')}::text as tasks,
     ${tasksOf('m', `and t.status in ('ready', 'in_progress')`)}::text as next_tasks,
     ${newestEventsOf('m', '$4')}::text as recent_events,
     ${openBlockersOf('m')}::text as blockers,
     coalesce((${inputRequestsJson('m', '')})::text, 'null') as input_requests
   from mission m where ${visible}`,
);

/** The parts of the resume bundle that are rows, as JSON texts (specification section 5 `resume`). */
export interface BundleRows {
  readonly mission: string;
  readonly tasks: string;
  readonly next_tasks: string;
  readonly recent_events: string;
  readonly blockers: string;
  /** `[]`, or `null` if the approval service has some. */
  readonly input_requests: string;
}

/** Undefined if the scope has no such mission, or only a deleted one. */
export async function readBundleRows(
  tx: Tx,
  scope: Scope,
  missionId: string,
  events: number,
): Promise<BundleRows | undefined> {
  const [row] = await tx.run<BundleRows>(readBundle, [missionId, scope.customer_id, scope.user_id, events]);
  return row;
}

const readOneTask = statement(
  'mission.read_task',
  `select ${taskJson('t')} as task from task t where t.id = $1 and t.mission_id = $2 and t.customer_id = $3`,
);

/** A task as callers are shown it; undefined if the mission has no such task. */
export async function readTask(
  tx: Tx,
  customerId: string,
  missionId: string,
  taskId: string,
): Promise<Record<string, unknown> | undefined> {
  const [row] = await tx.run<{ task: Record<string, unknown> }>(readOneTask, [taskId, missionId, customerId]);
  return row?.task;
}
