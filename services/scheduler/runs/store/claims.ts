import { priorities } from '@missions/contracts/mission/vocabulary.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';
import { currentTime } from '../../store/sql-clock.ts';
import type { TaskCounts } from '../domain/schedule.ts';
import { closedLimits, holdRuns, isOpenFor } from './budgets.ts';
import { notKilled } from './kill-switch.ts';
import { runJson } from './runs.ts';

/** How long the mission service has to grant a claimed run before the run is queued again. */
export const GRANT_SECONDS = 10;

export interface ClaimRequest {
  readonly customer_id: string;
  /** null: runs of any user of the customer. */
  readonly user_id: string | null;
  /** null: the claim is made by nobody in particular, as for a push. */
  readonly agent_id: string | null;
  readonly lease_seconds: number;
  /** The run is to be pushed: one that has been put off is left out. */
  readonly pushed?: boolean;
  /** Runs of the customer that may be claimed at the same time. */
  readonly limit: number;
}

/**
 * A claimed run that the mission service has not granted yet. `claims` distinguishes this claim from a later claim of
 * the same run.
 */
export interface UngrantedClaim {
  readonly run: Run;
  readonly claims: number;
}

/** SQL: the step of the run's priority, which waiting raises. */
const urgency = (row: string): string => `least(${priorities.length},
       array_position(array[${priorities.map((priority) => `'${priority}'`).join(', ')}], ${row}.priority)
         + floor(extract(epoch from (select at from now) - ${row}.requested_at) / 3600))`;

/** SQL condition: the run was not put off. The time is of the network, which no virtual clock moves. */
const mayBePushed = (row: string): string => `(${row}.push_after is null or ${row}.push_after <= clock_timestamp())`;

/** Serialises the claims of one customer: two concurrent ones would each miss the other's run when they count. */
const lockCustomer = statement(
  'scheduler.claim_queue',
  `select pg_advisory_xact_lock(hashtextextended('claim ' || $1, 0))`,
);
/**
 * Whose turn it is (specification section 8): the user's to whom a run was given longest ago, and of the user's runs the
 * one with the highest priority, then the oldest. Each hour that a run waits raises its priority by one step, to the
 * highest at most; then its age decides.
 */
const claim = statement(
  'scheduler.claim_run',
  `with now as materialized (select ${currentTime('$6')}::timestamptz(3) as at), ${closedLimits},
   waiting as materialized (select r.id, r.user_id, r.priority, r.requested_at from run r
     where r.customer_id = $1 and (r.held_until is null or r.held_until <= (select at from now))
       and ${isOpenFor('r')} and ($2::text is null or r.user_id = $2) and (r.agent_id is null or r.agent_id = $3)
       and r.lease_expires_at is null and r.finished_at is null and ${notKilled('r')} and (not $7::boolean or ${mayBePushed('r')})
       and (select count(*) from run c where c.customer_id = $1 and c.lease_expires_at is not null) < $5),
   users as materialized (select q.user_id, min(q.requested_at) as since,
       (select max(t.turn) from run t where t.customer_id = $1 and t.user_id = q.user_id) as turn
     from waiting q group by q.user_id),
   oldest as (select r.id from run r join waiting q on q.id = r.id join users u on u.user_id = q.user_id
     where r.lease_expires_at is null and r.finished_at is null
     order by u.turn nulls first, u.since, u.user_id, ${urgency('q')} desc, q.requested_at, q.id
     limit 1 for update of r skip locked),
   claimed as (update run r set status = 'claimed', held_until = null, agent_id = coalesce($3, r.agent_id), claims = r.claims + 1,
       fence = null, turn = nextval('run_turn'), orders = '{}', pushed = $7::boolean,
       granted_version = null, granted_counts = null, lease_seconds = $4, claimed_at = (select at from now),
       lease_expires_at = (select at from now) + make_interval(secs => ${GRANT_SECONDS})
     from oldest where r.id = oldest.id
     returning ${runJson('r')} as run, r.claims)
   select run, claims, null as locked from claimed
   union all select null, null, id::text from waiting where not exists (select from claimed) limit 1`,
);

/**
 * Compares the customer's queued runs with its limits, as a claim does before it looks for a run.
 * @param change of the limits, which commits with what it holds: between the two a claim would find the runs free.
 */
export const holdRunsOf = <T>(
  db: Database,
  customer_id: string,
  virtualNow: Date | null,
  change: (tx: Tx) => Promise<T>,
): Promise<T> =>
  transaction(db, async (tx) => {
    await tx.run(lockCustomer, [customer_id]);
    const result = await change(tx);
    await holdRuns(tx, customer_id, virtualNow);
    return result;
  });

const waitForRun = statement('scheduler.wait_for_run', 'select 1 from run where id = $1::uuid for share');

/**
 * Claims the queued run that the caller may have and whose turn it is, for `GRANT_SECONDS`, while the mission service is asked to
 * grant it. Answers undefined if no run is queued for the caller, or if the customer has `limit` claimed runs already.
 */
export async function claimQueuedRun(
  db: Database,
  { customer_id, user_id, agent_id, lease_seconds, limit, pushed = false }: ClaimRequest,
  virtualNow: Date | null,
): Promise<UngrantedClaim | undefined> {
  for (;;) {
    const [found] = await transaction(db, async (tx) => {
      await tx.run(lockCustomer, [customer_id]);
      await holdRuns(tx, customer_id, virtualNow);
      const values = [customer_id, user_id, agent_id, lease_seconds, limit, virtualNow, pushed];
      return await tx.run<UngrantedClaim & { locked: string | null }>(claim, values);
    });
    if (!found?.locked) return found;
    // Nobody is woken when whoever has that run locked commits, such as the one who hears an event of its mission.
    await transaction(db, (tx) => tx.run(waitForRun, [found.locked]));
  }
}

const confirm = statement(
  'scheduler.confirm_run',
  `update run r set fence = $3, granted_version = $4, granted_counts = $6::json,
       lease_expires_at = ${currentTime('$5')} + make_interval(secs => r.lease_seconds)
     where r.id = $1::uuid and r.claims = $2 and r.lease_expires_at is not null and r.fence is null
       and ${notKilled('r')}
   returning ${runJson('r')} as run`,
);

/** The mission as the run gets it. */
export interface GrantedState {
  readonly version: number;
  readonly task_counts?: TaskCounts;
}

/**
 * Stores the granted fence and begins the agent's lease. Answers undefined if granting took longer than
 * `GRANT_SECONDS`, and the run was queued again, or if a kill switch has stopped the run meanwhile: then it is queued
 * again when that time has passed.
 */
export async function confirmRun(
  tx: Tx,
  { run, claims }: UngrantedClaim,
  fence: number,
  { version, task_counts }: GrantedState,
  virtualNow: Date | null,
): Promise<Run | undefined> {
  const counts = task_counts === undefined ? null : JSON.stringify(task_counts);
  const [row] = await tx.run<{ run: Run }>(confirm, [run.id, claims, fence, version, virtualNow, counts]);
  return row?.run;
}

/** Ends a claim that was never granted: no agent has begun, so the run is queued again with its age and attempt. */
const requeue = statement(
  'scheduler.give_back_run',
  `update run r set status = 'queued', lease_expires_at = null, claimed_at = null, agent_id = null, turn = null
     where r.id = $1::uuid and r.fence is null and r.lease_expires_at <= ${currentTime('$2')} returning customer_id`,
);

/** Answers the run's customer, or undefined if the run was granted or its time for the grant has not passed. */
export async function requeueUngrantedRun(tx: Tx, id: string, virtualNow: Date | null): Promise<string | undefined> {
  const [row] = await tx.run<{ customer_id: string }>(requeue, [id, virtualNow]);
  return row?.customer_id;
}

const giveBack = statement(
  'scheduler.return_run',
  `update run r set status = 'queued', fence = null, granted_version = null, granted_counts = null,
       lease_expires_at = null, claimed_at = null, agent_id = null, turn = case when $3::boolean then r.turn end,
       unreached = r.unreached + case when $3::boolean then 1 else 0 end
     where r.id = $1::uuid and r.fence = $2 and r.lease_expires_at is not null
   returning ${runJson('r')} as run, r.unreached,
     (select w.version from watched_mission w where w.mission_id = r.mission_id) as version`,
);

/**
 * Queues a run again that was granted to a caller who never got it, with its age and attempt. The mission keeps the
 * fence, which nobody knows; the next grant raises it. Answers undefined if the lease is lost already. A run that could
 * not be pushed uses up the turn of its user, so that the next try is another's.
 */
export async function requeueGrantedRun(
  tx: Tx,
  id: string,
  fence: number,
  unreached: boolean,
): Promise<{ run: Run; version: number; unreached: number } | undefined> {
  const [row] = await tx.run<{ run: Run; version: number; unreached: number }>(giveBack, [id, fence, unreached]);
  return row;
}

const putOff = statement(
  'scheduler.put_off_push',
  `update run set push_after = clock_timestamp() + make_interval(secs => $2::float8) where id = $1::uuid returning 1`,
);

/** A run that was queued again is not pushed for so many seconds; agents may claim it. */
export async function putOffPush(tx: Tx, id: string, seconds: number): Promise<void> {
  await tx.run(putOff, [id, seconds]);
}

const firstOf = (after: string): string => `select r.customer_id, r.requested_at from run r
       where r.lease_expires_at is null and r.finished_at is null and r.held_until is null and ${notKilled('r')}
         and ${mayBePushed('r')} ${after}
       order by r.customer_id, r.requested_at limit 1`;
const queuedElsewhere = statement(
  'scheduler.waiting_customer',
  `with recursive one as (
     (${firstOf('')})
     union all
     select n.* from one, lateral (${firstOf('and r.customer_id > one.customer_id')}) n)
   select one.customer_id from one where one.customer_id <> all($1::text[])
    order by (select max(t.turn) from run t where t.customer_id = one.customer_id) nulls first, one.requested_at,
      one.customer_id limit 1`,
);

/**
 * The customer to whom a run was given longest ago, of those with a queued run that are not in `except`. It costs a
 * descent of an index for each customer, however many runs are queued.
 */
export async function customerWithQueuedRun(tx: Tx, except: readonly string[]): Promise<string | undefined> {
  const [row] = await tx.run<{ customer_id: string }>(queuedElsewhere, [except]);
  return row?.customer_id;
}
