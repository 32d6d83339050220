import { type TimerOwner, timerOwners, timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { wakeRelayAfterCommit } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { currentTime } from '../../store/sql-clock.ts';
import type { TimerRevision } from '../domain/latest-revision.ts';
import type { TimerOutcome } from '../domain/timer.ts';

/**
 * SQL condition of a pending timer. It repeats the condition of the index `timer_pending` word for word; the planner
 * would not use the index otherwise.
 */
export const isPending = 'fired_at is null and cancelled_at is null';

/** A set (with `fire_at` and `payload`) or a cancel (both null). */
export interface TimerChange extends TimerRevision {
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string;
  readonly payload: object | null;
  readonly traceparent: string | null;
}

export interface AppliedChange {
  readonly outcome: Exclude<TimerOutcome, 'fired'>;
  /** Milliseconds since 1970; null after a cancel. */
  readonly fire_at: number | null;
}

/**
 * The decision of `domain/timer.ts` for many timers at once, made where no other writer can overtake it: if a row is
 * being fired or changed, `on conflict` waits until that transaction has ended and compares with its result. Rows are
 * written in the order of their keys, so that two of these statements cannot deadlock. A cancelled timer keeps its time
 * for operators, but not its payload.
 */
const apply = statement(
  'scheduler.keep_timers',
  `with applied as (
     insert into timer as t
       (owner, key, revision, customer_id, user_id, mission_id, fire_at, payload, traceparent, cancelled_at)
     select c.owner, c.key, c.revision, c.customer_id, c.user_id, c.mission_id, c.fire_at, coalesce(c.payload, '{}'),
            c.traceparent, case when c.fire_at is null then ${currentTime('$2')} end
       from json_to_recordset($1::json) as c(owner text, key text, revision int, customer_id text, user_id text,
            mission_id text, fire_at timestamptz, payload json, traceparent text)
      order by c.owner, c.key
     on conflict (owner, key) do update set revision = excluded.revision, customer_id = excluded.customer_id,
        user_id = excluded.user_id, mission_id = excluded.mission_id, fire_at = coalesce(excluded.fire_at, t.fire_at),
        payload = excluded.payload, traceparent = excluded.traceparent, fired_at = null,
        cancelled_at = excluded.cancelled_at
      where excluded.revision > t.revision
     returning new.cancelled_at is not null as cancels, old.owner is null as was_unknown,
               old.fired_at is not null as had_fired, old.cancelled_at is not null as was_cancelled, new.fire_at)
   select case when cancels then case when had_fired then 'too-late' when was_unknown or was_cancelled then 'tombstone'
                                      else 'cancelled' end
               when was_unknown then 'set' when had_fired or was_cancelled then 'rearmed' else 'moved' end as outcome,
          case when not cancels then (extract(epoch from fire_at) * 1000)::float8 end as fire_at
     from applied`,
);

/**
 * Stores sets and cancels, at most one for each timer (see `latestRevisions`). A change that is missing in the result
 * had no effect: its revision is not higher than the stored one.
 */
export const applyTimerChanges = (
  tx: Tx,
  changes: readonly TimerChange[],
  virtualNow: Date | null,
): Promise<AppliedChange[]> => tx.run<AppliedChange>(apply, [JSON.stringify(changes), virtualNow]);

/**
 * Timers per statement: their rows are locked for some 30 ms. The number is part of the statement's text, because for a
 * parameter the planner assumes a tenth of the table.
 */
export const FIRE_BATCH = 500;

export interface FiredTimer {
  readonly owner: TimerOwner;
  /** Measured by the clock that decided that the timer is due. */
  readonly late_ms: number;
}

const ownerSubjects = timerOwners.map((owner) => `when '${owner}' then '${timerSubject(owner)}'`).join(' ');

/**
 * Claims due timers, marks them as fired and writes their events, in one statement. `skip locked` steps over timers
 * that another replica fires, or a set or cancel changes, at this moment. A row that was changed since the statement
 * began is checked again in its new version before it is locked, so that a timer that was moved or cancelled meanwhile
 * does not fire. The update finds the locked rows by an array of `ctid`, because a join by key scanned the whole table
 * while it was small; a row that is due in its new version may wait for the next pass.
 *
 * A firing whose event is in the outbox already is not inserted again: the conflict would fail the whole batch, on
 * every attempt.
 */
const fire = statement(
  'scheduler.fire_timers',
  `with now as materialized (select ${currentTime('$1')} as at),
   due as (select ctid from timer where ${isPending} and fire_at <= (select at from now)
     order by fire_at limit ${FIRE_BATCH} for update skip locked),
   f as (update timer t set fired_at = (select at from now)
     where t.ctid = any(array(select ctid from due)) returning t.*),
   o as (insert into outbox
       (event_id, type, source, time, customer_id, user_id, mission_id, version, index, traceparent, data)
     select timer_event_id(f.owner, f.key, f.revision), case f.owner ${ownerSubjects} end, '/services/scheduler',
            f.fired_at, f.customer_id, f.user_id, f.mission_id, f.revision, 0, f.traceparent,
            json_build_object('customer_id', f.customer_id, 'user_id', f.user_id, 'mission_id', f.mission_id,
              'owner', f.owner, 'key', f.key, 'revision', f.revision, 'fire_at', iso(f.fire_at),
              'fired_at', iso(f.fired_at), 'payload', f.payload)
       from f order by f.fire_at, f.owner, f.key
     on conflict (event_id) do nothing)
   select owner, (extract(epoch from fired_at - fire_at) * 1000)::float8 as late_ms from f`,
);

/**
 * Fires the timers that have been due for longest, at most `FIRE_BATCH`. Must run as a transaction of its own: the
 * clock is read when the transaction begins.
 */
export async function fireTimers(tx: Tx, virtualNow: Date | null): Promise<FiredTimer[]> {
  const fired = await tx.run<FiredTimer>(fire, [virtualNow]);
  if (fired.length > 0) wakeRelayAfterCommit(tx);
  return fired;
}

export interface NextTimer {
  /** Milliseconds until the timer is due, by the clock that decides; zero or negative if it is due already. */
  readonly in_ms: number;
  /** Milliseconds since 1970. */
  readonly fire_at: number;
}

/**
 * One descent of the index, however many timers are pending. `t.fire_at`, because a bare `fire_at` would mean the
 * computed output column, and PostgreSQL would sort the whole table by it.
 */
const next = statement(
  'scheduler.next_timer',
  `select (extract(epoch from t.fire_at - ${currentTime('$1')}) * 1000)::float8 as in_ms,
          (extract(epoch from t.fire_at) * 1000)::float8 as fire_at
     from timer t where ${isPending} order by t.fire_at limit 1`,
);

export async function nextTimer(tx: Tx, virtualNow: Date | null): Promise<NextTimer | undefined> {
  const [row] = await tx.run<NextTimer>(next, [virtualNow]);
  return row;
}

/**
 * Exact up to ten thousand. Beyond, the number of index entries at the last vacuum or analyze: counting a million rows
 * takes a second of processor time.
 */
const count = statement(
  'scheduler.count_pending',
  `select case when counted <= 10000 then counted
               else greatest(counted, (select reltuples from pg_class where oid = 'timer_pending'::regclass))
          end::float8 as pending
     from (select count(*) as counted from (select from timer where ${isPending} limit 10001) found) c`,
);

export async function countPending(tx: Tx): Promise<number> {
  const [row] = await tx.run<{ pending: number }>(count);
  return row?.pending ?? 0;
}

export const PURGE_BATCH = 1_000;

const purgeBy = (column: 'fired_at' | 'cancelled_at') =>
  statement(
    `scheduler.purge_${column}`,
    `with old as (select owner, key from timer where ${column} < $1
            order by ${column} limit ${PURGE_BATCH} for update skip locked),
          gone as (delete from timer t using old where t.owner = old.owner and t.key = old.key returning 1)
     select count(*)::int as gone from gone`,
  );
const purges = [purgeBy('fired_at'), purgeBy('cancelled_at')];

/**
 * Deletes a batch of timers that fired, and a batch of timers that were cancelled, before that time. Answers the number
 * of deleted timers; more may be left if the number is at least `PURGE_BATCH`.
 */
export async function purgeTimers(tx: Tx, before: Date): Promise<number> {
  let deleted = 0;
  for (const purge of purges) deleted += (await tx.run<{ gone: number }>(purge, [before]))[0]?.gone ?? 0;
  return deleted;
}
