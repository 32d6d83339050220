import type { RunClaim } from '@missions/contracts/request.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Mission } from '../domain/state.ts';
import { stateJson } from './json.ts';

/** The owner a mission must have: always this customer, and this user unless `user_id` is null. */
export interface Scope {
  readonly customer_id: string;
  readonly user_id: string | null;
}

/**
 * Locks a mission and reads all of it in one statement.
 *
 * A row lock that had to wait gives the row as the writer before left it, but sub-selects still see the statement's
 * own, older snapshot: the tasks would be stale. So the statement also reads the version in its snapshot; when that
 * version is not the locked row's, the statement runs once more, now holding the lock. Only contended loads pay for the
 * second run (decision 0003).
 */
const load = statement(
  'mission.load',
  `select (select s.version from mission s
            where s.id = m.id and s.customer_id = m.customer_id) = m.version as consistent,
          ${stateJson('m')} as state
     from mission m
    where m.id = $1 and m.customer_id = $2 and ($3::text is null or m.user_id = $3) and (m.deleted_at is null or $4)
      for update`,
);

/**
 * Locks the mission until the transaction ends. Undefined if the scope has no such mission.
 * @param includeDeleted finds a deleted mission too, which is hidden from everything but its restoration and its
 * erasure.
 */
export async function lockMission(
  tx: Tx,
  scope: Scope,
  missionId: string,
  includeDeleted = false,
): Promise<Mission | undefined> {
  for (;;) {
    const [row] = await tx.run<{ consistent: boolean; state: Mission }>(load, [
      missionId,
      scope.customer_id,
      scope.user_id,
      includeDeleted,
    ]);
    if (!row || row.consistent) return row?.state;
  }
}

const loadSeveral = statement(
  'mission.load_several',
  `select (select s.version from mission s
            where s.id = m.id and s.customer_id = m.customer_id) = m.version as consistent,
          ${stateJson('m')} as state
     from mission m
     join rows from (unnest($1::uuid[]), unnest($2::text[])) as asked (id, customer_id)
       on m.id = asked.id and m.customer_id = asked.customer_id
    order by m.id for update of m`,
);

/**
 * Locks missions in the order of their ids, deleted ones too. A mission that is not among the result does not exist, or
 * was changed while the lock was waited for: `lockMission` says which.
 */
export async function lockMissions(
  tx: Tx,
  missions: readonly Pick<Mission, 'id' | 'customer_id'>[],
): Promise<Map<string, Mission>> {
  if (missions.length === 0) return new Map();
  const each = [...new Map(missions.map((mission) => [mission.id, mission])).values()];
  const rows = await tx.run<{ consistent: boolean; state: Mission }>(loadSeveral, [
    each.map(({ id }) => id),
    each.map(({ customer_id }) => customer_id),
  ]);
  return new Map(rows.flatMap(({ consistent, state }) => (consistent ? [[state.id, state] as const] : [])));
}

const due = statement('mission.due', 'select $1::timestamptz <= coalesce($2::timestamptz, clock_timestamp()) as due');

/**
 * Whether a deadline has come by the database's clock, which also fires timers: the clock of this host may be behind.
 * @param virtualNow see `dueBy`.
 */
export async function hasCome(tx: Tx, deadline: string, virtualNow: Date | null): Promise<boolean> {
  const [row] = await tx.run<{ due: boolean }>(due, [deadline, virtualNow]);
  return row?.due === true;
}

/**
 * `for share`, and not the weaker key share: a command that ends a lease updates the mission's row, and must wait until
 * the writes under the lease are committed. A reader that had to wait for such an update evaluates the row once more,
 * and no longer finds it.
 */
const lock = statement(
  'mission.lock_lease',
  `select 1 from mission where customer_id = $1 and ($4::text is null or user_id = $4)
      and run_id = $2 and fence = $3 for share`,
);

/** Whether a run of the scope still has its lease. If so, the run keeps it until the transaction ends. */
export const lockLease = async (tx: Tx, { customer_id, user_id }: Scope, run: RunClaim): Promise<boolean> =>
  (await tx.run(lock, [customer_id, run.id, run.fence, user_id])).length > 0;
