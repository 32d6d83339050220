import { DEFAULT_LEASE_SECONDS } from '@missions/contracts/scheduler/runs.ts';
import { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import { wakeRelayAfterCommit } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { hasBudgetNews } from './budget-marks.ts';
import { notKilled } from './kill-switch.ts';
import { mayExpire } from './leases.ts';
import { currentTime } from '../../store/sql-clock.ts';
import { runJson } from './runs.ts';

/** Runs per statement. */
export const DISPATCH_BATCH = 200;

/**
 * Queues a run for each mission that is due, and writes the events, in one statement. `skip locked` steps over missions
 * that another replica dispatches, or an event changes, at this moment. No mission gets two open runs: its row names
 * the open run, and the unique index `run_open` guards it as well.
 */
const dispatch = statement(
  'scheduler.dispatch_runs',
  `with now as materialized (select ${currentTime('$1')}::timestamptz(3) as at),
   due as (select w.mission_id from watched_mission w
     where w.next_run_at is not null and w.run_id is null and w.next_run_at <= (select at from now)
       and ${notKilled('w')}
     order by w.next_run_at limit ${DISPATCH_BATCH} for update skip locked),
   w as (update watched_mission m set run_id = uuidv7(), next_run_at = null
     from due where m.mission_id = due.mission_id returning m.*),
   r as (insert into run
       (id, mission_id, customer_id, user_id, reason, status, attempt, claims, lease_seconds, priority, requested_at,
        error)
     select w.run_id, w.mission_id, w.customer_id, w.user_id, w.next_reason, 'queued', w.attempt, 0,
            ${DEFAULT_LEASE_SECONDS}, w.priority, (select at from now), '' from w returning *),
   o as (insert into outbox
       (event_id, type, source, time, customer_id, user_id, mission_id, version, index, data)
     select uuidv7(), '${runSubjects.requested}', '/services/scheduler', r.requested_at, r.customer_id, r.user_id,
            r.mission_id, w.version, 0, ${runJson('r')}
       from r join w on w.run_id = r.id)
   select customer_id, reason from r`,
);

export interface DispatchedRun {
  readonly customer_id: string;
  readonly reason: string;
}

/** Queues runs for the missions that have been due for longest, at most `DISPATCH_BATCH`. */
export async function dispatchRuns(tx: Tx, virtualNow: Date | null): Promise<DispatchedRun[]> {
  const dispatched = await tx.run<DispatchedRun>(dispatch, [virtualNow]);
  if (dispatched.length > 0) wakeRelayAfterCommit(tx);
  return dispatched;
}

/** A few descents of indexes, unless many of the missions that are due next are stopped by a kill switch. */
const next = statement(
  'scheduler.next_run',
  `select (extract(epoch from least(
       (select w.next_run_at from watched_mission w
         where w.next_run_at is not null and w.run_id is null and ${notKilled('w')} order by w.next_run_at limit 1),
       (select r.lease_expires_at from run r
         where r.lease_expires_at is not null and ${mayExpire('r')} order by r.lease_expires_at limit 1),
       (select r.held_until from run r where r.held_until is not null order by r.held_until limit 1),
       (select l.closes_at from run_limit l where l.closes_at is not null order by l.closes_at limit 1),
       (select ${currentTime('$1')} where ${hasBudgetNews})
     ) - ${currentTime('$1')}) * 1000)::float8 as in_ms`,
);

/**
 * Until the next mission is due or the next lease expires; Infinity if neither is in sight, zero or negative if one is
 * past.
 */
export async function millisecondsToNextRun(tx: Tx, virtualNow: Date | null): Promise<number> {
  const [row] = await tx.run<{ in_ms: number | null }>(next, [virtualNow]);
  return row?.in_ms ?? Infinity;
}
