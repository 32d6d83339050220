import { Problem } from '@missions/contracts/errors.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Mission } from '../domain/state.ts';
import { stateJson } from './json.ts';

/** Whose mission it must be: of the customer always, of the user when the caller names one. */
export interface Scope {
  readonly customer_id: string;
  readonly user_id: string | null;
}

/**
 * Locks a mission and reads all of it in one statement.
 *
 * A row lock that had to wait gives the row as the writer before left it, but sub-selects still see the statement's own, older snapshot:
 * the tasks would be stale. So the statement also reads the version in its snapshot; when that is not the locked row's, it is run once
 * more, now holding the lock. Only contended loads pay for the second.
 */
const load = statement(
  'mission.load',
  `select (select s.version from mission s where s.id = m.id and s.customer_id = m.customer_id) = m.version as consistent, ${stateJson('m')} as state
     from mission m
    where m.id = $1 and m.customer_id = $2 and ($3::text is null or m.user_id = $3) and (m.deleted_at is null or $4)
      for update`,
);

/**
 * @param deletedToo also one that was deleted, which is hidden from everything but its restoration and its erasure.
 * @throws {Problem} `MISSION_NOT_FOUND`, also for another customer's or user's: existence is not revealed.
 */
export async function lockMission(tx: Tx, scope: Scope, missionId: string, deletedToo = false): Promise<Mission> {
  for (;;) {
    const [row] = await tx.run<{ consistent: boolean; state: Mission }>(load, [
      missionId,
      scope.customer_id,
      scope.user_id,
      deletedToo,
    ]);
    if (!row) throw missionNotFound();
    if (row.consistent) return row.state;
  }
}

export const missionNotFound = (): Problem =>
  new Problem('MISSION_NOT_FOUND', 'There is no such mission for this user. List the missions to find its id.');
