import { Migration } from '@mikro-orm/migrations';
import { outboxTables } from '@missions/persistence/schema.ts';

/** The table of input requests. A migration that has run is never edited, so it uses no constant that may change. */
export class CreateInputRequests extends Migration {
  override name = '2026-11-22-input-requests';

  override up(): void {
    for (const sql of [iso, table, ...indexes, ...outboxTables()]) this.addSql(sql);
  }
}

// RFC 3339 in UTC with milliseconds, truncated and not rounded: a time that is shown must not be later than the stored
// one.
const iso = `create function iso(timestamptz) returns text language sql stable parallel safe
  return to_char(date_trunc('milliseconds', $1) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * The asker chooses the id, so the key starts with the customer: an asker can neither touch nor detect another
 * customer's row.
 */
const table = `create table input_request (
  customer_id text not null,
  id uuid not null,
  user_id text not null,
  mission_id uuid not null,
  task_id uuid,
  conversation_id text not null,
  prompt text,
  options jsonb not null,
  allow_freeform boolean not null,
  context jsonb,
  urgency text not null constraint input_request_urgency_check check (urgency in ('low', 'normal', 'high')),
  urgency_rank int generated always as (case urgency when 'high' then 2 when 'normal' then 1 else 0 end) stored,
  status text not null constraint input_request_status_check check (status in ('pending', 'responded', 'expired', 'cancelled')),
  response jsonb,
  responded_at timestamptz(3),
  expires_at timestamptz(3),
  default_option text,
  remind_at timestamptz(3),
  reminded_at timestamptz(3),
  version int not null,
  created_at timestamptz(3) not null,
  primary key (customer_id, id),
  constraint input_request_is_asked check (status = 'cancelled' or (prompt is not null and expires_at is not null)),
  constraint input_request_has_its_response check ((status = 'responded') = (response is not null) and (status = 'responded') = (responded_at is not null))
)`;

const indexes = [
  'create index input_request_of_user on input_request (customer_id, user_id, urgency_rank, created_at, id)',
  `create index input_request_pending on input_request (customer_id, user_id, urgency_rank, created_at, id) where status = 'pending'`,
  'create index input_request_of_mission on input_request (customer_id, mission_id)',
];
