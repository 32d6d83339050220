import { Migration } from '@mikro-orm/migrations';

/** Autonomous runs. A migration that has run is never edited. */
export class CreateRuns extends Migration {
  override name = '2026-11-23-runs';

  override up(): void {
    for (const sql of statements) this.addSql(sql);
  }
}

const statements = [
  // The projection has a row for each mission, whether or not the mission may have autonomous runs: an older event must
  // not undo a newer one.
  `create table watched_mission (
     mission_id uuid primary key,
     customer_id text not null,
     user_id text not null,
     version int not null,
     runnable boolean not null,
     erased boolean not null,
     next_run_at timestamptz(3),
     next_reason text not null constraint watched_mission_next_reason_check check (next_reason in ('interval', 'unblocked', 'created', 'retry')),
     idle int not null,
     failures int not null,
     attempt int not null,
     last_check_at timestamptz(3),
     run_id uuid,
     life_deadline_at timestamptz(3)
   ) with (fillfactor = 80)`,
  // The index holds only missions that may be dispatched: however many others wait, a look at the next one costs one
  // descent.
  'create index watched_mission_due on watched_mission (next_run_at) where next_run_at is not null and run_id is null',
  `create table run (
     id uuid primary key,
     mission_id uuid not null,
     customer_id text not null,
     user_id text not null,
     agent_id text,
     reason text not null constraint run_reason_check check (reason in ('interval', 'unblocked', 'created', 'retry')),
     status text not null constraint run_status_check check (status in ('queued', 'claimed', 'succeeded', 'failed', 'expired')),
     attempt int not null,
     claims int not null,
     lease_seconds float8 not null,
     lease_expires_at timestamptz(3),
     fence int,
     granted_version int,
     requested_at timestamptz(3) not null,
     claimed_at timestamptz(3),
     finished_at timestamptz(3),
     error text not null,
     constraint run_finished_when_over check ((finished_at is null) = (status in ('queued', 'claimed'))),
     constraint run_leased_while_claimed check ((lease_expires_at is not null) = (status = 'claimed'))
   )`,
  // At most one open run for each mission, whichever replica dispatches.
  'create unique index run_open on run (mission_id) where finished_at is null',
  'create index run_queued on run (customer_id, requested_at, id) where lease_expires_at is null and finished_at is null',
  'create index run_oldest_queued on run (requested_at) where lease_expires_at is null and finished_at is null',
  'create index run_claimed on run (customer_id) where lease_expires_at is not null',
  'create index run_lease on run (lease_expires_at) where lease_expires_at is not null',
  'create index run_of_mission on run (mission_id, requested_at, id)',
  // For the purge.
  'create index run_finished on run (finished_at) where finished_at is not null',
  `create table kill_switch (
     scope text not null constraint kill_switch_scope_check check (scope in ('all', 'customer', 'user', 'mission')),
     id text not null,
     set_at timestamptz(3) not null default now(),
     primary key (scope, id)
   )`,
  // For the erasure of a mission.
  'create index timer_mission on timer (mission_id)',
];
