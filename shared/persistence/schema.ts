import { IdempotencyEntity } from './idempotency.ts';
import { InboxEntity } from './inbox.ts';
import { LeaderEntity } from './leader-lease.ts';
import { OutboxEntity } from './outbox/entity.ts';
import { PublishedSubjectEntity } from './outbox/published-subject.ts';

/** Entities of every service that publishes or consumes events. */
export const outboxEntities = [OutboxEntity, PublishedSubjectEntity, InboxEntity, IdempotencyEntity, LeaderEntity];

/**
 * The tables of outbox, inbox and idempotency, for the first migration of every service:
 * `for (const sql of outboxTables()) this.addSql(sql)`. This migration has run on existing databases: never change it,
 * add another function for another migration. Later additions stand at its end in a form that may run twice, so that a
 * new service has them from the start.
 *
 * Marking an event leaves a dead row in the part of the table that the relay reads. So the outbox is vacuumed after a
 * fixed number of dead rows, not when they are a fifth of the rows of several days.
 */
export const outboxTables = (): string[] => [
  `create table outbox (
     position bigserial primary key,
     event_id uuid not null constraint outbox_event_id_key unique,
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
   ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)`,
  'create index outbox_pending on outbox (position) where published_at is null',
  `create table inbox (
     consumer text not null,
     event_id uuid not null,
     claimed_at timestamptz(3) not null default now(),
     primary key (consumer, event_id)
   )`,
  'create index inbox_claimed_at on inbox (claimed_at)',
  `create table idempotency (
     scope_hash text not null,
     key text not null,
     hash text not null,
     answer text not null,
     version int,
     created_at timestamptz(3) not null default now(),
     primary key (scope_hash, key)
   )`,
  'create index idempotency_created_at on idempotency (created_at)',
  ...outboxOfMission(),
  ...leaders(),
  ...resultsOfMission(),
  ...publishedSubjects(),
];

/** For services whose first migration ran before this index was part of `outboxTables`. */
export function outboxOfMission(): string[] {
  return ['create index if not exists outbox_of_mission on outbox (mission_id)'];
}

/** For services whose first migration ran before this table was part of `outboxTables`. */
export function leaders(): string[] {
  return [
    `create table if not exists leaders (
       key text primary key,
       epoch bigint not null,
       backend_pid int not null,
       backend_start timestamptz not null,
       expires_at timestamptz(3) not null
     )`,
  ];
}

/** For services whose first migration ran before stored results named their mission. */
export function resultsOfMission(): string[] {
  return [
    'alter table idempotency add column if not exists mission_id text',
    'create index if not exists idempotency_of_mission on idempotency (mission_id)',
  ];
}

/** For services whose first migration ran before the relay remembered what its streams acknowledged. */
export function publishedSubjects(): string[] {
  return [
    'alter table outbox add column if not exists stream_seq bigint',
    `create table if not exists published_subjects (
       subject text primary key,
       stream text not null,
       stream_created text not null,
       stream_seq bigint not null
     ) with (fillfactor = 50)`,
  ];
}
