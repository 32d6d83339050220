import { IdempotencyEntity } from './idempotency.ts';
import { InboxEntity } from './inbox.ts';
import { LeaderEntity } from './leader-lease.ts';
import { OutboxEntity, OutboxOfMadeIdsEntity } from './outbox/entity.ts';
import { PublishedSubjectEntity } from './outbox/published-subject.ts';

const messaging = [PublishedSubjectEntity, InboxEntity, IdempotencyEntity, LeaderEntity];

/** Entities of every service that publishes or consumes events; its migrations contain `newIdsOnly`. */
export const outboxEntities = [OutboxEntity, ...messaging];

/** The same for a service whose outbox refuses a second event of the same id: its migrations lack `newIdsOnly`. */
export const outboxEntitiesOfMadeIds = [OutboxOfMadeIdsEntity, ...messaging];

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
  ...ownersOfResults(),
  ...publishedSubjects(),
  ...roomForMarks(),
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

/** For services whose first migration ran before stored results named their customer and user. */
export function ownersOfResults(): string[] {
  return [
    'alter table idempotency add column if not exists customer_id text, add column if not exists user_id text',
    'create index if not exists idempotency_of_customer on idempotency (customer_id)',
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

/**
 * For a service whose events all have new ids (UUIDv7): none is written twice, and nothing looks an event up by its id.
 * The key is an entry to write with the event and another one when it is marked.
 */
export function newIdsOnly(): string[] {
  return ['alter table outbox drop constraint if exists outbox_event_id_key'];
}

/**
 * For services whose first migration ran before this was part of `outboxTables`. A marked row is a new version of it.
 * Beside the old one on the same page, only the bytes that differ are logged; on another page all of them are: 0.3
 * instead of 1.6 KB for each event (decision 0025). The outbox is half as large again for it.
 */
export function roomForMarks(): string[] {
  return ['alter table outbox set (fillfactor = 50)'];
}
