import { Migration } from '@mikro-orm/migrations';
import { outboxTables } from '@missions/persistence/schema.ts';

/**
 * E-mails, their messages and replies. A migration that has run is never edited, so its SQL is made from nothing that
 * may change.
 */
export class CreateEmails extends Migration {
  override name = '2026-11-22-emails';

  override up(): void {
    for (const sql of [iso, email, message, reply, erased, cursor, ...indexes, ...outboxTables()]) this.addSql(sql);
  }
}

/** RFC 3339 in UTC with milliseconds, cut off and not rounded: the text must not be later than the time. */
const iso = `create function iso(timestamptz) returns text language sql stable parallel safe
  return to_char(date_trunc('milliseconds', $1) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * The caller chooses the id, so the key begins with the customer: nobody can touch, or learn of, an e-mail of another
 * customer. A row without a token is a tombstone.
 */
const email = `create table email (
  customer_id text not null,
  id uuid not null,
  user_id text not null,
  mission_id uuid,
  task_id uuid,
  token text constraint email_token_key unique,
  message_id text,
  thread_id text,
  from_address text,
  reply_to text,
  to_addresses jsonb,
  cc_addresses jsonb,
  bcc_addresses jsonb,
  subject text,
  body_text text,
  body_html text,
  reply_to_message_id text,
  expect_reply boolean not null,
  until text not null constraint email_until_check check (until in ('all', 'any')),
  status text not null constraint email_status_check check (status in
    ('queued', 'awaiting_reply', 'some_replied', 'all_replied', 'followup_sent', 'expired', 'cancelled', 'bounced',
     'sent')),
  recipients jsonb not null,
  follow_ups int not null,
  last_follow_up_at timestamptz(3),
  last_error text not null,
  sent_at timestamptz(3),
  expires_at timestamptz(3),
  version int not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (customer_id, id),
  constraint email_is_requested check (status = 'cancelled' or token is not null),
  constraint email_is_whole check (token is null or num_nulls(message_id, thread_id, from_address, reply_to,
    to_addresses, cc_addresses, bcc_addresses, subject, body_text) = 0),
  constraint email_has_its_deadline check (token is null or expect_reply = (expires_at is not null)),
  constraint email_is_sent check ((status <> 'sent' and status <> 'awaiting_reply') or sent_at is not null),
  constraint email_counts check (follow_ups >= 0 and version >= 1)
)`;

/** The messages on the wire: the e-mail itself under its own id (number 0), and its follow-ups. */
const message = `create table message (
  customer_id text not null,
  id uuid not null,
  email_id uuid not null,
  number int not null,
  message_id text not null constraint message_message_id_key unique,
  status text not null constraint message_status_check check (status in ('queued', 'sent', 'failed', 'dropped')),
  deliveries jsonb not null,
  body_text text not null,
  body_html text,
  attempts int not null default 0,
  next_attempt_at timestamptz(3),
  locked_until timestamptz(3),
  last_error text not null default '',
  sent_at timestamptz(3),
  created_at timestamptz(3) not null,
  primary key (customer_id, id),
  constraint message_of_email foreign key (customer_id, email_id) references email (customer_id, id) on delete cascade,
  constraint message_number_key unique (customer_id, email_id, number),
  constraint message_is_due check ((status = 'queued') = (next_attempt_at is not null)),
  constraint message_is_sent check (status <> 'sent' or sent_at is not null)
)`;

const reply = `create table reply (
  customer_id text not null,
  id uuid not null,
  email_id uuid not null,
  message_id text not null,
  kind text not null constraint reply_kind_check check (kind in ('reply', 'auto_reply', 'bounce', 'unattributed')),
  from_address text not null,
  from_name text not null,
  received_at timestamptz(3) not null,
  snippet text not null constraint reply_snippet_check check (length(snippet) <= 500),
  body_text text not null constraint reply_body_text_check check (length(body_text) <= 100000),
  parsed_response jsonb,
  notified_at timestamptz(3),
  primary key (customer_id, id),
  constraint reply_to_email foreign key (customer_id, email_id) references email (customer_id, id) on delete cascade,
  constraint reply_message_key unique (customer_id, email_id, message_id)
)`;

const erased =
  'create table erased_mission (id uuid primary key, customer_id text not null, erased_at timestamptz(3) not null)';

/** The position up to which a mailbox has been read (RFC 3501 section 2.3.1.1): 32 bits each, unsigned. */
const cursor =
  'create table mailbox_cursor (mailbox text primary key, uidvalidity bigint not null, last_uid bigint not null)';

const indexes = [
  'create index email_of_user on email (customer_id, user_id, created_at, id)',
  'create index email_of_mission on email (customer_id, mission_id)',
  `create index message_due on message (next_attempt_at) where status = 'queued'`,
  'create index reply_of_email on reply (customer_id, email_id, received_at, id)',
  'create index reply_message_id on reply (customer_id, message_id)',
];
