import { Migration } from '@mikro-orm/migrations';
import { outboxTables } from '@missions/persistence/schema.ts';

/** Timers. A migration that has run is never edited, so its own statements name no constant that may change. */
export class CreateTimers extends Migration {
  override name = '2026-11-22-timers';

  override up(): void {
    for (const sql of [...functions, ...tables, ...indexes, ...outboxTables()]) this.addSql(sql);
  }
}

const functions = [
  // RFC 3339 in UTC with milliseconds. Simple enough for PostgreSQL to inline the function.
  `create function iso(timestamptz) returns text language sql stable parallel safe
     return to_char($1 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  // The id of a firing: a UUIDv8 (RFC 9562, section 5.8) made from owner, key and revision, so that a second firing of
  // the same revision has the same id, and every inbox recognises it. Neither an owner nor a number contains a slash. A
  // change of this function would give old firings new ids.
  `create function timer_event_id(owner text, key text, revision int) returns uuid language sql immutable parallel safe
     return overlay(overlay(left(encode(sha256(convert_to(owner || '/' || revision || '/' || key, 'UTF8')), 'hex'), 32)
                    placing '8' from 13 for 1) placing '8' from 17 for 1)::uuid`,
];

/**
 * The table is a queue: a row is inserted, changed once, and stays for weeks until it is deleted. Firing leaves dead
 * entries at the very end of `timer_pending` where the next look begins, so the table is vacuumed after a fixed number
 * of dead rows instead of a share of the table. The fill factor leaves room for the new version of a row on the same
 * page.
 */
const tables = [
  `create table timer (
     owner text not null constraint timer_owner_check check (owner in ('mission', 'approval', 'email', 'scheduler')),
     key text not null,
     revision int not null,
     customer_id text not null,
     user_id text not null,
     mission_id text not null,
     fire_at timestamptz(3),
     payload json not null,
     traceparent text,
     fired_at timestamptz(3),
     cancelled_at timestamptz(3),
     primary key (owner, key),
     constraint timer_one_outcome check (fired_at is null or cancelled_at is null),
     constraint timer_never_early check (fired_at is null or fired_at >= fire_at),
     constraint timer_has_a_time check (fire_at is not null or cancelled_at is not null)
   ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
           autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 500)`,
];

const indexes = [
  'create index timer_pending on timer (fire_at) where fired_at is null and cancelled_at is null',
  // For the purge.
  'create index timer_fired on timer (fired_at) where fired_at is not null',
  'create index timer_cancelled on timer (cancelled_at) where cancelled_at is not null',
];
