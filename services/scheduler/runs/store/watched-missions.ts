import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Watched } from '../domain/schedule.ts';

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
] as const;
const times = ['next_run_at', 'last_check_at', 'life_deadline_at'] as const;
const selected = [...columns, ...times.map((name) => `iso(${name}) as ${name}`)].join(', ');
const all = [...columns, ...times];

/** So that there is a row to lock: of two first events of a mission, handled at once by two copies, one waits for the other. */
const insertUnknown = statement(
  'scheduler.watch_new',
  `insert into watched_mission (mission_id, customer_id, user_id, version, runnable, erased, next_reason, idle, failures, attempt)
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

export interface Addressed {
  readonly mission_id: string;
  readonly customer_id: string;
  readonly user_id: string;
}

/** Locked, in the order of their ids; those never heard of with version 0. */
export async function lockWatched(tx: Tx, missions: readonly Addressed[]): Promise<Map<string, Watched>> {
  await tx.run(insertUnknown, [JSON.stringify(missions)]);
  const rows = await tx.run<Watched>(lock, [missions.map(({ mission_id }) => mission_id)]);
  return new Map(rows.map((row) => [row.mission_id, row]));
}

export async function saveWatched(tx: Tx, missions: readonly Watched[]): Promise<void> {
  if (missions.length > 0) await tx.run(save, [JSON.stringify(missions)]);
}

const erasures = [
  statement('scheduler.erase_runs', 'delete from run where mission_id = $1::uuid'),
  statement('scheduler.erase_timers', 'delete from timer where mission_id = $1::uuid::text'),
  statement('scheduler.erase_switch', "delete from kill_switch where scope = 'mission' and id = $1::uuid::text"),
];

/** All that is held for the mission but its id. Its row is locked by the caller, who saves the tombstone. */
export async function eraseMission(tx: Tx, customerId: string, missionId: string): Promise<void> {
  for (const erasure of erasures) await tx.run(erasure, [missionId]);
  await eraseEventsOfMission(tx, customerId, missionId);
}
