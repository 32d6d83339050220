/**
 * The reference programs' tables: the columns, constraints and indexes that the mission service's own migrations make
 * of the tables a creation writes to, so that each program pays for the same rows. Kept by hand, because a reference
 * that moved with the product would measure nothing.
 */
export const tables = `
create table mission (
  id uuid primary key,
  customer_id text not null,
  user_id text not null,
  title text not null,
  description text not null,
  created_by_agent_id text,
  origin_conversation_id text not null,
  status text not null check (status in ('active', 'paused', 'waiting', 'completed', 'cancelled', 'failed')),
  phase text not null check (phase in ('planning', 'executing', 'waiting', 'completed', 'failed')),
  return_phase text check (return_phase in ('planning', 'executing')),
  paused_by text check (paused_by in ('user', 'agent', 'system')),
  cancelled boolean not null,
  priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
  due_at timestamptz(3),
  completed_at timestamptz(3),
  outcome text check (outcome in ('success', 'partial', 'failed', 'cancelled')),
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
  mailed boolean not null,
  metadata jsonb not null,
  version int not null,
  fence int not null,
  run_id uuid,
  run_fence int,
  last_sequence int not null,
  task_counts jsonb not null,
  progress double precision,
  needs_attention boolean not null,
  attention jsonb not null,
  search tsvector not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  check (status = case
    when cancelled then 'cancelled'
    when phase in ('completed', 'failed') then phase
    when paused_by is not null then 'paused'
    when phase = 'waiting' then 'waiting'
    else 'active' end),
  check ((phase = 'waiting') = (return_phase is not null))
);
create index mission_of_user on mission (customer_id, user_id, created_at, id) where deleted_at is null;

create index mission_search on mission using gin (search);
create index mission_of_run on mission (run_id) where run_id is not null;

create table mission_event (
  mission_id uuid not null references mission (id) on delete cascade,
  sequence int not null,
  customer_id text not null,
  id uuid not null,
  event_type text not null check (event_type in ('created', 'task_added', 'task_completed', 'status_changed', 'user_message',
    'agent_message', 'external_event', 'resumed', 'blocked', 'completed', 'task_updated', 'unblocked', 'replanned', 'input_requested',
    'input_responded', 'input_expired', 'run_started', 'run_finished', 'failed', 'cancelled', 'stale', 'restored', 'note')),
  conversation_id text not null,
  agent_id text,
  task_id uuid,
  title text not null,
  content text not null,
  metadata jsonb not null,
  created_at timestamptz(3) not null,
  primary key (mission_id, sequence)
);

create table outbox (
  position bigserial primary key,
  event_id uuid not null unique,
  type text not null,
  source text not null,
  time timestamptz(3) not null,
  customer_id text not null,
  user_id text not null,
  mission_id text not null,
  version int not null,
  index int not null,
  traceparent text,
  data json not null,
  published_at timestamptz(3)
);
create index outbox_pending on outbox (position) where published_at is null;

create table idempotency (
  scope_hash text not null,
  key text not null,
  hash text not null,
  answer text not null,
  version int,
  created_at timestamptz(3) not null default now(),
  primary key (scope_hash, key)
);
create index idempotency_created_at on idempotency (created_at);
`;
