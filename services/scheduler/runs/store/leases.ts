import { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import type { LeaseLoss, Run, RunOrder } from '@missions/contracts/scheduler/runs.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { currentTime } from '../../store/sql-clock.ts';
import { runEvent } from '../domain/event-mapping.ts';
import { afterRun, type Granted, type RunOutcome } from '../domain/schedule.ts';
import { killed, notKilled, type Owner, stoppedBy } from './kill-switch.ts';
import { runJson } from './runs.ts';
import { lockWatchedMissions, saveWatchedMissions } from './watched-missions.ts';

const extend = statement(
  'scheduler.extend_lease',
  `with now as materialized (select ${currentTime('$4')} as at)
   update run r set lease_expires_at = greatest(r.lease_expires_at,
       (select at from now) + make_interval(secs => coalesce($3, r.lease_seconds)))
     where r.id = $1::uuid and r.fence = $2 and r.lease_expires_at > (select at from now) and ${notKilled('r')}
   returning ${runJson('r')} as run`,
);

/**
 * Extends a lease to `seconds` from now; null means the length that was asked for when the run was claimed. Never
 * shortens it. Answers undefined if the lease is lost: the fence is another one, the lease has expired, or a kill
 * switch stops the run.
 */
export async function extendLease(
  tx: Tx,
  id: string,
  fence: number,
  seconds: number | null,
  virtualNow: Date | null,
): Promise<Run | undefined> {
  const [row] = await tx.run<{ run: Run }>(extend, [id, fence, seconds, virtualNow]);
  return row?.run;
}

const addOrders = statement(
  'scheduler.add_orders',
  `update run r set orders = array(select distinct o from unnest(r.orders || $2::text[]) as o order by o)
     where r.id = $1::uuid and r.status = 'claimed' and coalesce(r.granted_version, 0) < $3 returning 1`,
);

/**
 * The run's next heartbeat tells them. Nothing is told of what came before the run's grant, which its context shows; a
 * run whose grant is under way is told to be sure.
 */
export async function addRunOrders(tx: Tx, id: string, orders: readonly RunOrder[], version: number): Promise<void> {
  await tx.run(addOrders, [id, orders, version]);
}

const takeOrders = statement(
  'scheduler.take_orders',
  `update run r set orders = '{}' where r.id = $1::uuid and r.fence = $2 and r.orders <> '{}'
   returning old.orders as orders`,
);

/** What has happened to the run's mission since this was asked before. */
export async function takeRunOrders(tx: Tx, id: string, fence: number): Promise<RunOrder[]> {
  const [row] = await tx.run<{ orders: RunOrder[] }>(takeOrders, [id, fence]);
  return row?.orders ?? [];
}

/**
 * SQL condition: the row may end because its lease has expired. A granted run that a kill switch stops ends by the
 * switch instead, which first has the mission service refuse the run's writes.
 */
export const mayExpire = (row: string): string => `(${row}.fence is null or ${notKilled(row)})`;

const expired = statement(
  'scheduler.leases_over',
  `select r.id from run r
    where r.lease_expires_at is not null and r.lease_expires_at <= ${currentTime('$1')} and ${mayExpire('r')}
    order by r.lease_expires_at limit 100`,
);

const switchedOff = statement(
  'scheduler.leases_switched_off',
  `select ${runJson('r')} as run, ${stoppedBy('r')} as stopped_by from run r
    where exists (select from kill_switch) and r.lease_expires_at is not null and r.fence is not null
      and ${killed('r')} and ($1::text is null or (r.customer_id = $1 and r.user_id = $2))
    order by r.lease_expires_at limit 100`,
);

export interface StoppedLease {
  readonly run: Run;
  readonly stopped_by: 'switched_off' | 'stopped' | 'budget';
}

/** At most 100 granted runs that a kill switch stops, of everybody or of one user. Takes no lock. */
export const leasesSwitchedOff = (tx: Tx, owner?: Owner): Promise<StoppedLease[]> =>
  tx.run<StoppedLease>(switchedOff, [owner?.customer_id ?? null, owner?.user_id ?? null]);

const loss = statement(
  'scheduler.lease_loss',
  `select case
       when r.lost = 'expired' and exists (select from run o where o.mission_id = r.mission_id and o.fence > $2)
         then 'taken_over'
       when r.lost is not null then r.lost
       when r.finished_at is not null then null
       when ${killed('r')} then ${stoppedBy('r')}
       when r.fence > $2 then 'taken_over'
       when r.fence is null or r.lease_expires_at <= ${currentTime('$4')} then 'expired'
     end as reason
     from run r where r.id = $1::uuid and r.customer_id = $3`,
);

/** Why a run of that customer no longer has the lease with that fence; undefined if that is not known. */
export async function lossOf(
  tx: Tx,
  run: { readonly id: string; readonly customer_id: string },
  fence: number,
  virtualNow: Date | null,
): Promise<LeaseLoss | undefined> {
  const [row] = await tx.run<{ reason: LeaseLoss | null }>(loss, [run.id, fence, run.customer_id, virtualNow]);
  return row?.reason ?? undefined;
}

/**
 * Ids of at most 100 runs whose lease has expired. Takes no lock: the caller that ends such a run checks it again under
 * one.
 */
export async function expiredLeases(tx: Tx, virtualNow: Date | null): Promise<string[]> {
  return (await tx.run<{ id: string }>(expired, [virtualNow])).map(({ id }) => id);
}

/** A run that has not ended, with facts that only this service uses. */
export interface OpenRun extends Granted {
  readonly run: Run;
  /** By the clock that decides. */
  readonly lease_expired: boolean;
}

const lock = statement(
  'scheduler.lock_run',
  `select ${runJson('r')} as run, r.granted_version, r.granted_counts,
          coalesce(r.lease_expires_at <= ${currentTime('$2')}, false) as lease_expired
     from run r where r.id = $1::uuid and r.finished_at is null for update`,
);

export async function lockOpenRun(tx: Tx, id: string, virtualNow: Date | null): Promise<OpenRun | undefined> {
  const [row] = await tx.run<OpenRun>(lock, [id, virtualNow]);
  return row;
}

const end = statement(
  'scheduler.end_run',
  `update run r set status = $2, error = $3, finished_at = $4::timestamptz, lease_expires_at = null,
       lost = $5, turn = case when r.fence is not null then r.turn end
     where r.id = $1::uuid returning ${runJson('r')} as run`,
);

/**
 * Ends a run that the caller has locked, and announces the end. The caller also holds the lock on the mission's row,
 * and saves the mission's schedule that follows from the end.
 */
export async function recordEnd(
  tx: Tx,
  { run: { id } }: OpenRun,
  status: Run['status'],
  error: string,
  at: string,
  version: number,
  lost: LeaseLoss | null = null,
): Promise<Run> {
  const [row] = await tx.run<{ run: Run }>(end, [id, status, error, at, lost]);
  if (!row) throw new Error(`run ${id} has no row, though its row was locked in this transaction`);
  await appendToOutbox(tx, [runEvent(newId(), runSubjects.finished, row.run, version, at)]);
  return row.run;
}

export interface RunEnd {
  readonly run: Pick<Run, 'id' | 'mission_id' | 'customer_id' | 'user_id'>;
  readonly status: 'succeeded' | 'failed' | 'expired';
  readonly error: string;
  /** Why the run lost its lease; left out for a run that did not. */
  readonly lost?: LeaseLoss;
  readonly at: string;
  readonly virtualNow: Date | null;
  /** Called with the locked run. undefined: the run must not end. */
  readonly outcomeOf: (open: OpenRun) => RunOutcome | undefined;
}

/**
 * Ends an open run and decides when the mission's next run is due. Answers undefined if the run had ended already, or
 * must not end. Locks the mission's row before the run's, as every transaction of this service does.
 */
export async function endRun(
  tx: Tx,
  { run, status, error, lost, at, virtualNow, outcomeOf }: RunEnd,
): Promise<Run | undefined> {
  const mission = (await lockWatchedMissions(tx, [run])).get(run.mission_id);
  const open = await lockOpenRun(tx, run.id, virtualNow);
  if (!mission || !open) return undefined;
  const outcome = outcomeOf(open);
  if (!outcome) return undefined;
  await saveWatchedMissions(tx, [afterRun(mission, outcome, open, at)]);
  return await recordEnd(tx, open, status, error, at, mission.version, lost);
}
