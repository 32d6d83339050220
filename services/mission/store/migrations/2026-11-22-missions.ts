import { Migration } from '@mikro-orm/migrations';
import { outboxTables } from '@missions/persistence/schema.ts';

/**
 * Missions, tasks, history, waits and signals. A migration that has run is never edited, so it spells its tables out
 * and uses no name of the code that may change.
 */
export class CreateMissions extends Migration {
  override name = '2026-11-22-missions';

  override up(): void {
    for (const sql of [...functions, ...tables, ...indexes, ...appendOnly, ...outboxTables()]) this.addSql(sql);
  }
}

const functions = [
  // RFC 3339 in UTC with milliseconds. PostgreSQL inlines a function as simple as this.
  `create function iso(timestamptz) returns text language sql stable parallel safe
     return to_char($1 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  `create function priority_rank(text) returns int language sql immutable parallel safe
     return case $1 when 'urgent' then 3 when 'high' then 2 when 'normal' then 1 else 0 end`,
];

const tables = [
  `create table mission (
     id uuid primary key,
     customer_id text not null,
     user_id text not null,
     title text not null,
     description text not null,
     created_by_agent_id text,
     origin_conversation_id text not null,
     status text not null constraint mission_status_check check (status in ('active', 'paused', 'waiting', 'completed', 'cancelled', 'failed')),
     phase text not null constraint mission_phase_check check (phase in ('planning', 'executing', 'waiting', 'completed', 'failed')),
     return_phase text constraint mission_return_phase_check check (return_phase in ('planning', 'executing')),
     paused_by text constraint mission_paused_by_check check (paused_by in ('user', 'agent', 'system')),
     cancelled boolean not null,
     priority text not null constraint mission_priority_check check (priority in ('low', 'normal', 'high', 'urgent')),
     due_at timestamptz(3),
     completed_at timestamptz(3),
     outcome text constraint mission_outcome_check check (outcome in ('success', 'partial', 'failed', 'cancelled')),
     summary text not null,
     details jsonb not null,
     blocked_by text not null,
     blocked_since timestamptz(3),
     can_run_autonomously boolean not null,
     last_autonomous_check timestamptz(3),
     max_lifetime_hours int not null,
     last_user_engagement_at timestamptz(3),
     stale_notified_at timestamptz(3),
     grace_period_ends_at timestamptz(3),
     unanswered_at timestamptz(3),
     deleted_at timestamptz(3),
     deletion jsonb,
     metadata jsonb not null,
     version int not null,
     fence int not null,
     run_id uuid,
     run_fence int,
     last_sequence int not null,
     task_counts jsonb not null,
     progress double precision,
     needs_attention boolean not null,
     search tsvector not null,
     created_at timestamptz(3) not null,
     updated_at timestamptz(3) not null,
     constraint mission_status_follows_phase check (status = case
       when cancelled then 'cancelled'
       when phase in ('completed', 'failed') then phase
       when paused_by is not null then 'paused'
       when phase = 'waiting' then 'waiting'
       else 'active' end),
     constraint mission_waits_while_blocked check ((phase = 'waiting') = (return_phase is not null))
   )`,
  `create table task (
     id uuid primary key,
     mission_id uuid not null constraint task_mission_id_foreign references mission (id) on delete cascade,
     customer_id text not null,
     title text not null,
     description text not null,
     "order" int not null,
     status text not null constraint task_status_check check (status in ('pending', 'ready', 'in_progress', 'waiting_human', 'waiting_external', 'blocked', 'completed', 'failed', 'skipped')),
     depends_on jsonb not null,
     blocked_by text not null,
     blocked_reason text not null,
     timeout_at timestamptz(3),
     result jsonb not null,
     error text not null,
     attempt int not null,
     wait_for jsonb,
     started_at timestamptz(3),
     completed_at timestamptz(3),
     created_at timestamptz(3) not null,
     updated_at timestamptz(3) not null
   )`,
  `create table mission_event (
     mission_id uuid not null constraint mission_event_mission_id_foreign references mission (id) on delete cascade,
     sequence int not null,
     customer_id text not null,
     id uuid not null,
     event_type text not null constraint mission_event_event_type_check check (event_type in (
       'created', 'task_added', 'task_completed', 'status_changed', 'user_message', 'agent_message', 'external_event', 'resumed', 'blocked', 'completed',
       'task_updated', 'unblocked', 'replanned', 'input_requested', 'input_responded', 'input_expired', 'run_started', 'run_finished', 'failed', 'cancelled',
       'stale', 'restored', 'note')),
     conversation_id text not null,
     agent_id text,
     task_id uuid,
     title text not null,
     content text not null,
     metadata jsonb not null,
     created_at timestamptz(3) not null,
     primary key (mission_id, sequence)
   )`,
  `create table blocker (
     id uuid primary key,
     mission_id uuid not null constraint blocker_mission_id_foreign references mission (id) on delete cascade,
     customer_id text not null,
     task_id uuid,
     key text not null,
     kind text not null constraint blocker_kind_check check (kind in ('human_input', 'email_reply', 'calendar_response', 'webhook', 'mission', 'manual')),
     reason text not null,
     until text not null constraint blocker_until_check check (until in ('all', 'any')),
     on_signal text not null constraint blocker_on_signal_check check (on_signal in ('resume', 'complete')),
     on_timeout text not null constraint blocker_on_timeout_check check (on_timeout in ('fail', 'resume')),
     opened_at timestamptz(3) not null,
     timeout_at timestamptz(3),
     accept_after timestamptz(3),
     resolved_at timestamptz(3),
     resolution jsonb
   )`,
  'create table erased_mission (id uuid primary key, customer_id text not null, erased_at timestamptz(3) not null)',
  `create table signal (
     customer_id text not null,
     key text not null,
     id text not null,
     data jsonb not null,
     final boolean not null,
     received_at timestamptz(3) not null,
     expires_at timestamptz(3) not null,
     primary key (customer_id, key, id)
   )`,
  `create table delivery (
     blocker_id uuid not null constraint delivery_blocker_id_foreign references blocker (id) on delete cascade,
     signal_id text not null,
     customer_id text not null,
     mission_id uuid not null,
     signal jsonb not null,
     primary key (blocker_id, signal_id)
   )`,
];

const indexes = [
  'create index mission_of_user on mission (customer_id, user_id, created_at, id) where deleted_at is null',
  'create index mission_search on mission using gin (search)',
  'create index signal_expires_at on signal (expires_at)',
  'create index task_of_mission on task (mission_id)',
  'create index blocker_of_mission on blocker (mission_id)',
  'create index blocker_open on blocker (customer_id, key) where resolved_at is null',
];

/**
 * The database itself refuses to change the history. It accepts a deletion only as part of the deletion of the mission.
 */
const appendOnly = [
  `create function mission_event_mission_event_append_only_fn() returns trigger as $$
     begin if tg_op = 'DELETE' and pg_trigger_depth() > 1 then return old; end if; raise exception 'the history of a mission is append-only'; end; $$ language plpgsql`,
  'create trigger mission_event_append_only before update or delete on mission_event for each row execute function mission_event_mission_event_append_only_fn()',
];
