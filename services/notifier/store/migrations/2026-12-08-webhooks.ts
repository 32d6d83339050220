import { Migration } from '@mikro-orm/migrations';

/** Endpoints of customers, and what is sent to them. A migration that has run is never edited. */
export class AddWebhooks extends Migration {
  override name = '2026-12-08-webhooks';

  override up(): void {
    this.addSql(`create table webhook (
      customer_id text not null,
      id uuid not null,
      url text not null,
      types jsonb not null,
      description text not null,
      status text not null constraint webhook_status_check check (status in ('active', 'paused', 'disabled')),
      secret text not null,
      former_secret text,
      former_secret_until timestamptz(3),
      failing_since timestamptz(3),
      last_taken_at timestamptz(3),
      last_error text not null default '',
      disabled_at timestamptz(3),
      created_at timestamptz(3) not null,
      primary key (customer_id, id)
    )`);
    this.addSql(`create table webhook_delivery (
      customer_id text not null,
      id uuid not null,
      webhook_id uuid not null,
      event_id uuid not null,
      type text not null,
      mission_id uuid,
      body text not null,
      status text not null constraint webhook_delivery_status_check
        check (status in ('held', 'waiting', 'queued', 'delivered', 'undelivered')),
      in_order boolean not null,
      stream text,
      stream_sequence bigint,
      position bigint,
      attempts int not null default 0,
      first_attempt_at timestamptz(3),
      next_attempt_at timestamptz(3),
      locked_until timestamptz(3),
      response_status int,
      duration_ms int,
      last_error text not null default '',
      created_at timestamptz(3) not null,
      delivered_at timestamptz(3),
      primary key (customer_id, id),
      constraint webhook_delivery_event_key unique (customer_id, webhook_id, event_id),
      constraint webhook_delivery_is_due check ((status = 'queued') = (next_attempt_at is not null))
    )`);
    for (const [name, columns] of [
      ['held', `(customer_id, webhook_id) where status = 'held'`],
      ['due', `(customer_id, webhook_id, next_attempt_at) where status = 'queued'`],
      ['in_turn', `(customer_id, webhook_id, mission_id, position) where status in ('waiting', 'queued') and in_order`],
      ['position', '(customer_id, webhook_id, position)'],
      ['page', '(customer_id, webhook_id, created_at, id)'],
      ['mission', '(customer_id, mission_id)'],
      ['age', '(created_at)'],
    ])
      this.addSql(`create index webhook_delivery_${name} on webhook_delivery ${columns}`);
  }
}
