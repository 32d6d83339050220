import { budgetChanged } from '@missions/contracts/scheduler/run-events.ts';
import { wakeRelayAfterCommit } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { currentTime } from '../../store/sql-clock.ts';

/**
 * Missions whose queued run waits for a spent budget (decision 0033): `run.budget_until` is what the statement that
 * holds runs has found, `watched_mission.budget_until` what the mission service was told. Only the dispatcher compares
 * the two. A claim locks runs first and other transactions lock the mission first; this one locks no run.
 */
export const MARKS_BATCH = 200;

const isSpent = (row: string): string =>
  `${row}.budget_until is not null and ${row}.lease_expires_at is null and ${row}.finished_at is null`;
const found = (mission: string): string =>
  `(select r.budget_until from run r where r.id = ${mission}.run_id and ${isSpent('r')})`;

const differing = `select w.mission_id from run q join watched_mission w on w.mission_id = q.mission_id
     where ${isSpent('q')} and w.run_id = q.id and w.budget_until is distinct from q.budget_until and not w.erased
   union all
   select w.mission_id from watched_mission w
     where w.budget_until is not null and not w.erased and ${found('w')} is null`;

/** SQL: a run that was let go is to be looked at again: its budget may still be spent. */
const released = `select q.customer_id from run q where ${isSpent('q')} and q.held_until is null`;

/** SQL condition: there is work for `customersToHold` or `tellBudgets`. */
export const hasBudgetNews = `(exists (${released}) or exists (${differing}))`;

const toHold = statement(
  'scheduler.customers_to_hold',
  `${released} union select l.customer_id from run_limit l where l.customer_id = any($1::text[])`,
);
/**
 * Customers whose queued runs are to be compared with their limits: those of `queued` that have any, and those whose
 * runs were let go. So a mission is known to wait also while no agent claims.
 */
export const customersToHold = async (tx: Tx, queued: readonly string[]): Promise<string[]> =>
  (await tx.run<{ customer_id: string }>(toHold, [queued])).map(({ customer_id }) => customer_id);

const tell = statement(
  'scheduler.tell_budgets',
  `with differs as materialized (${differing} limit ${MARKS_BATCH}),
   w as (select m.mission_id from watched_mission m where m.mission_id in (select mission_id from differs)
     order by m.mission_id for update skip locked),
   told as (update watched_mission m set budget_until = ${found('m')}, budget_revision = m.budget_revision + 1
     from w where m.mission_id = w.mission_id and not m.erased and m.budget_until is distinct from ${found('m')}
     returning m.*),
   o as (insert into outbox
       (event_id, type, source, time, customer_id, user_id, mission_id, version, index, data)
     select uuidv7(), '${budgetChanged}', '/services/scheduler', ${currentTime('$1')}, t.customer_id, t.user_id,
            t.mission_id, t.version, 0, json_build_object('mission_id', t.mission_id, 'customer_id', t.customer_id,
              'user_id', t.user_id, 'revision', t.budget_revision, 'until', iso(t.budget_until)) from told t)
   select mission_id from told`,
);
/** Writes an event for each mission whose budget was spent or is no longer, at most `MARKS_BATCH`. Answers how many. */
export async function tellBudgets(tx: Tx, virtualNow: Date | null): Promise<number> {
  const told = await tx.run(tell, [virtualNow]);
  if (told.length > 0) wakeRelayAfterCommit(tx);
  return told.length;
}
