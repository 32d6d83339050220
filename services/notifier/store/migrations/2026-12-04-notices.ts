import { Migration } from '@mikro-orm/migrations';
import { newIdsOnly, outboxTables } from '@missions/persistence/schema.ts';

/** People, what they are told of, and what was said. A migration that has run is never edited. */
export class CreateNotices extends Migration {
  override name = '2026-12-04-notices';

  override up(): void {
    for (const sql of [
      iso,
      person,
      code,
      device,
      key,
      subject,
      notice,
      erased,
      ...indexes,
      ...outboxTables(),
      ...newIdsOnly(),
    ])
      this.addSql(sql);
  }
}

/** RFC 3339 in UTC with milliseconds, cut off and not rounded: the text must not be later than the time. */
const iso = `create function iso(timestamptz) returns text language sql stable parallel safe
  return to_char(date_trunc('milliseconds', $1) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const person = `create table person (
  customer_id text not null,
  user_id text not null,
  name text,
  email text,
  time_zone text,
  language text,
  provided jsonb,
  preferences jsonb not null,
  told_at timestamptz(3),
  digest_day text,
  digest_at timestamptz(3),
  updated_at timestamptz(3) not null,
  primary key (customer_id, user_id)
)`;

/** A code that was mailed to an address which a user says is theirs; deleted when it is used. */
const code = `create table address_code (
  customer_id text not null,
  user_id text not null,
  address text not null,
  hash text not null,
  tries int not null,
  mailed int not null,
  mailed_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  primary key (customer_id, user_id)
)`;

const device = `create table device (
  customer_id text not null,
  id uuid not null,
  user_id text not null,
  endpoint text not null,
  p256dh text not null,
  auth text not null,
  name text not null,
  added_at timestamptz(3) not null,
  last_sent_at timestamptz(3),
  primary key (customer_id, id),
  constraint device_endpoint_key unique (customer_id, endpoint)
)`;

/** Keys that the service has made for itself. */
const key = 'create table service_key (name text primary key, value text not null)';

const subject = `create table subject (
  customer_id text not null,
  id text not null,
  user_id text not null,
  mission_id uuid not null,
  is_open boolean not null,
  facts jsonb,
  about jsonb,
  taken jsonb not null,
  due_at timestamptz(3),
  version int not null,
  created_at timestamptz(3) not null,
  primary key (customer_id, id)
)`;

const notice = `create table notice (
  customer_id text not null,
  id uuid not null,
  user_id text not null,
  channel text not null constraint notice_channel_check check (channel in ('mail', 'push')),
  items jsonb not null,
  day text,
  status text not null constraint notice_status_check check (status in ('queued', 'sent', 'dropped', 'failed')),
  attempts int not null default 0,
  next_attempt_at timestamptz(3),
  locked_until timestamptz(3),
  last_error text not null default '',
  created_at timestamptz(3) not null,
  sent_at timestamptz(3),
  primary key (customer_id, id),
  constraint notice_is_due check ((status = 'queued') = (next_attempt_at is not null))
)`;

const erased =
  'create table erased_mission (id uuid primary key, customer_id text not null, erased_at timestamptz(3) not null)';

const indexes = [
  'create index device_of_user on device (customer_id, user_id)',
  'create index person_digest on person (digest_at) where digest_at is not null',
  'create index subject_due on subject (due_at) where due_at is not null',
  'create index subject_of_user on subject (customer_id, user_id, created_at)',
  'create index subject_of_mission on subject (customer_id, mission_id)',
  `create index notice_due on notice (next_attempt_at) where status = 'queued'`,
  'create index notice_of_user on notice (customer_id, user_id, created_at)',
];
