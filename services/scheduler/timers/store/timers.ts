import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { TimerRevision } from '../domain/latest-revision.ts';
import type { Outcome } from '../domain/timer.ts';
import { moment } from '../../store/sql-clock.ts';

/** A set (`fire_at` and `payload`), or a cancel (neither). */
export interface TimerChange extends TimerRevision {
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string;
  readonly payload: object | null;
  readonly traceparent: string | null;
}

export interface Kept {
  readonly outcome: Exclude<Outcome, 'fired'>;
  /** Milliseconds since 1970; null of a cancel. */
  readonly fire_at: number | null;
}

/**
 * The decision of `domain/timer.ts` for many timers at once, made where it cannot be overtaken: on a row that is being fired or changed,
 * `on conflict` waits for the end of that, and compares with what came of it. In the order of the keys, so that two of these close no
 * circle of locks. What was cancelled keeps its time for operators, and nothing of its payload.
 */
const keep = statement(
  'scheduler.keep_timers',
  `with kept as (
     insert into timer as t (owner, key, revision, customer_id, user_id, mission_id, fire_at, payload, traceparent, cancelled_at)
     select c.owner, c.key, c.revision, c.customer_id, c.user_id, c.mission_id, c.fire_at, coalesce(c.payload, '{}'), c.traceparent,
            case when c.fire_at is null then ${moment('$2')} end
       from json_to_recordset($1::json) as c(owner text, key text, revision int, customer_id text, user_id text, mission_id text,
            fire_at timestamptz, payload json, traceparent text)
      order by c.owner, c.key
     on conflict (owner, key) do update set revision = excluded.revision, customer_id = excluded.customer_id, user_id = excluded.user_id,
        mission_id = excluded.mission_id, fire_at = coalesce(excluded.fire_at, t.fire_at), payload = excluded.payload,
        traceparent = excluded.traceparent, fired_at = null, cancelled_at = excluded.cancelled_at
      where excluded.revision > t.revision
     returning new.cancelled_at is not null as cancels, old.owner is null as was_unknown, old.fired_at is not null as had_fired,
               old.cancelled_at is not null as was_cancelled, new.fire_at)
   select case when cancels then case when had_fired then 'too-late' when was_unknown or was_cancelled then 'tombstone' else 'cancelled' end
               when was_unknown then 'set' when had_fired or was_cancelled then 'rearmed' else 'moved' end as outcome,
          case when not cancels then (extract(epoch from fire_at) * 1000)::float8 end as fire_at
     from kept`,
);

/** At most one change for each timer (see `fold`). Those that are not answered were older than, or the same as, what is stored. */
export const keepTimers = (tx: Tx, changes: readonly TimerChange[], virtual: Date | null): Promise<Kept[]> =>
  tx.run<Kept>(keep, [JSON.stringify(changes), virtual]);
