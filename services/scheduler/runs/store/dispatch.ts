import { DEFAULT_LEASE_SECONDS } from '@missions/contracts/scheduler/runs.ts';
import { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import { wakeRelayAfterCommit } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { notKilled } from './kill-switch.ts';
import { moment } from '../../store/sql-clock.ts';
import { runJson } from './runs.ts';

/** Runs per statement. */
export const DISPATCH_BATCH = 200;

/**
 * Queues a run for each mission that is due, in one statement with their events. `skip locked` steps over what another copy dispatches or an
 * event changes just now; the row's own `run_id`, and the unique index of open runs behind it, let no mission have two.
 */
const dispatch = statement(
  'scheduler.dispatch_runs',
  `with now as materialized (select ${moment('$1')}::timestamptz(3) as at),
   due as (select w.mission_id from watched_mission w where w.next_run_at is not null and w.run_id is null and w.next_run_at <= (select at from now) and ${notKilled('w')}
     order by w.next_run_at limit ${DISPATCH_BATCH} for update skip locked),
   w as (update watched_mission m set run_id = uuidv7(), next_run_at = null from due where m.mission_id = due.mission_id returning m.*),
   r as (insert into run (id, mission_id, customer_id, user_id, reason, status, attempt, claims, lease_seconds, requested_at, error)
     select w.run_id, w.mission_id, w.customer_id, w.user_id, w.next_reason, 'queued', w.attempt, 0, ${DEFAULT_LEASE_SECONDS}, (select at from now), '' from w returning *),
   o as (insert into outbox (event_id, type, source, time, customer_id, user_id, mission_id, version, index, data)
     select uuidv7(), '${runSubjects.requested}', '/services/scheduler', r.requested_at, r.customer_id, r.user_id, r.mission_id, w.version, 0, ${runJson('r')}
       from r join w on w.run_id = r.id)
   select customer_id, reason from r`,
);

export interface Dispatched {
  readonly customer_id: string;
  readonly reason: string;
}

/** At most `DISPATCH_BATCH`, the longest due first. */
export async function dispatchRuns(tx: Tx, virtual: Date | null): Promise<Dispatched[]> {
  const dispatched = await tx.run<Dispatched>(dispatch, [virtual]);
  if (dispatched.length > 0) wakeRelayAfterCommit(tx);
  return dispatched;
}

/** When the next mission is due or the next lease ends, in milliseconds from now; two descents of indexes, unless much is switched off. */
const next = statement(
  'scheduler.next_run',
  `select (extract(epoch from least(
       (select w.next_run_at from watched_mission w where w.next_run_at is not null and w.run_id is null and ${notKilled('w')} order by w.next_run_at limit 1),
       (select lease_expires_at from run where lease_expires_at is not null order by lease_expires_at limit 1)
     ) - ${moment('$1')}) * 1000)::float8 as in_ms`,
);

export async function nextRunIn(tx: Tx, virtual: Date | null): Promise<number> {
  const [row] = await tx.run<{ in_ms: number | null }>(next, [virtual]);
  return row?.in_ms ?? Infinity;
}
