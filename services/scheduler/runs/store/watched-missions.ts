import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { WatchedMission } from '../domain/schedule.ts';

const columns = [
  'mission_id',
  'customer_id',
  'user_id',
  'version',
  'runnable',
  'erased',
  'next_reason',
  'idle',
  'failures',
  'attempt',
  'run_id',
  'woken_version',
  'seen_version',
  'priority',
] as const;
const times = ['next_run_at', 'last_check_at', 'life_deadline_at'] as const;
const selected = [...columns, ...times.map((name) => `iso(${name}) as ${name}`)].join(', ');
const all = [...columns, ...times];

/**
 * Creates the row that is to be locked: when two replicas handle the first events of one mission at the same time, the
 * second one has to wait.
 */
const insertUnknown = statement(
  'scheduler.watch_new',
  `insert into watched_mission
     (mission_id, customer_id, user_id, version, runnable, erased, next_reason, idle, failures, attempt)
   select m.mission_id, m.customer_id, m.user_id, 0, false, false, 'created', 0, 0, 1
     from json_to_recordset($1::json) as m(mission_id uuid, customer_id text, user_id text) order by m.mission_id
   on conflict do nothing`,
);
const lock = statement(
  'scheduler.watch_lock',
  `select ${selected} from watched_mission where mission_id = any($1::uuid[]) order by mission_id for update`,
);
const save = statement(
  'scheduler.watch_save',
  `update watched_mission w set ${all
    .filter((name) => name !== 'mission_id')
    .map((name) => `${name} = m.${name}`)
    .join(', ')}
     from json_populate_recordset(null::watched_mission, $1::json) m where w.mission_id = m.mission_id`,
);

export interface MissionAddress {
  readonly mission_id: string;
  readonly customer_id: string;
  readonly user_id: string;
}

/**
 * The schedules of these missions by id, locked in the order of the ids, so that two transactions cannot deadlock. A
 * mission without a row gets one with version 0.
 */
export async function lockWatchedMissions(
  tx: Tx,
  missions: readonly MissionAddress[],
): Promise<Map<string, WatchedMission>> {
  await tx.run(insertUnknown, [JSON.stringify(missions)]);
  const rows = await tx.run<WatchedMission>(lock, [missions.map(({ mission_id }) => mission_id)]);
  return new Map(rows.map((row) => [row.mission_id, row]));
}

export async function saveWatchedMissions(tx: Tx, missions: readonly WatchedMission[]): Promise<void> {
  if (missions.length > 0) await tx.run(save, [JSON.stringify(missions)]);
}

const prioritise = statement(
  'scheduler.prioritise_runs',
  `update run r set priority = m.priority from json_to_recordset($1::json) as m(run_id uuid, priority text)
     where r.id = m.run_id and r.finished_at is null returning 1`,
);

/** Gives the open runs of these missions the missions' priority. */
export async function prioritiseRuns(tx: Tx, missions: readonly WatchedMission[]): Promise<void> {
  if (missions.length > 0) await tx.run(prioritise, [JSON.stringify(missions)]);
}

const failures = statement('scheduler.failures', 'select failures from watched_mission where mission_id = $1::uuid');

/** How many of the mission's latest runs failed in a row. Takes no lock. */
export async function failuresInARow(tx: Tx, missionId: string): Promise<number> {
  const [row] = await tx.run<{ failures: number }>(failures, [missionId]);
  return row?.failures ?? 0;
}

const erasures = [
  statement('scheduler.erase_runs', 'delete from run where mission_id = $1::uuid returning 1'),
  statement('scheduler.erase_usage', 'delete from run_usage where mission_id = $1::uuid returning 1'),
  statement('scheduler.erase_limits', 'delete from run_limit where mission_id = $1::uuid::text returning 1'),
  statement('scheduler.erase_timers', 'delete from timer where mission_id = $1::uuid::text returning 1'),
  statement(
    'scheduler.erase_switch',
    "delete from kill_switch where scope = 'mission' and id = $1::uuid::text returning 1",
  ),
];

const forgetBudget = statement(
  'scheduler.forget_budget',
  'update watched_mission set budget_until = null, budget_revision = 0 where mission_id = $1::uuid returning 1',
);

/**
 * Deletes all that this service stores about the mission except the row in `watched_mission`. The caller has locked
 * that row, and turns it into a tombstone with nothing but the id (`tombstone`). @returns the number of rows
 */
export async function eraseMission(tx: Tx, customerId: string, missionId: string): Promise<number> {
  let rows = 0;
  await tx.run(forgetBudget, [missionId]);
  for (const erasure of erasures) rows += (await tx.run(erasure, [missionId])).length;
  return rows + (await eraseEventsOfMission(tx, customerId, missionId));
}
