import { type TimerOwner, timerOwners, timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { wakeRelayAfterCommit } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { isPending, moment } from '../../store/sql-clock.ts';

/** Timers per statement: their rows are locked for some 30 ms. Spelled in the statement, for of a parameter the planner assumes a tenth of the table. */
export const FIRE_BATCH = 500;

export interface Fired {
  readonly owner: TimerOwner;
  /** By the clock that decided. */
  readonly late_ms: number;
}

const subject = `case f.owner ${timerOwners.map((owner) => `when '${owner}' then '${timerSubject(owner)}'`).join(' ')} end`;

/**
 * Claims what is due, marks it and writes its events, in one statement. `skip locked` steps over what another copy fires or a set or
 * cancel changes just now; and a row that was changed since the statement began is looked at again as it is now before it is locked, so
 * that what was moved or cancelled meanwhile is left alone. Joined by key and not by `ctid`, which such a change would have replaced.
 *
 * A firing whose event is in the outbox already is not written again: that would take the whole batch with it, each time.
 */
const fire = statement(
  'scheduler.fire_timers',
  `with now as materialized (select ${moment('$1')} as at),
   due as (select ctid from timer where ${isPending} and fire_at <= (select at from now) order by fire_at limit ${FIRE_BATCH} for update skip locked),
   f as (update timer t set fired_at = (select at from now) where t.ctid = any(array(select ctid from due)) returning t.*),
   o as (insert into outbox (event_id, type, source, time, customer_id, user_id, mission_id, version, index, traceparent, data)
     select timer_event_id(f.owner, f.key, f.revision), ${subject}, '/services/scheduler', f.fired_at, f.customer_id, f.user_id, f.mission_id,
            f.revision, 0, f.traceparent,
            json_build_object('customer_id', f.customer_id, 'user_id', f.user_id, 'mission_id', f.mission_id, 'owner', f.owner, 'key', f.key,
              'revision', f.revision, 'fire_at', iso(f.fire_at), 'fired_at', iso(f.fired_at), 'payload', f.payload)
       from f order by f.fire_at, f.owner, f.key
     on conflict (event_id) do nothing)
   select owner, (extract(epoch from fired_at - fire_at) * 1000)::float8 as late_ms from f`,
);

/** Fires the longest due timers, at most `FIRE_BATCH`. To be run as a transaction of its own: the clock is read when it begins. */
export async function fireTimers(tx: Tx, virtual: Date | null): Promise<Fired[]> {
  const fired = await tx.run<Fired>(fire, [virtual]);
  if (fired.length > 0) wakeRelayAfterCommit(tx);
  return fired;
}
