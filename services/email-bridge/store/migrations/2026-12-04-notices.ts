import { Migration } from '@mikro-orm/migrations';

/** Mail of the product to its users. Its texts are deleted when it has left, or will never leave. */
export class AddNotices extends Migration {
  override name = '2026-12-04-notices';

  override up(): void {
    this.addSql(`create table notice (
      customer_id text not null,
      id uuid not null,
      user_id text not null,
      mission_id uuid,
      to_address text not null,
      token text not null constraint notice_token_key unique,
      subject text not null,
      body_text text not null,
      body_html text not null,
      headers jsonb not null,
      status text not null constraint notice_status_check check (status in ('queued', 'sent', 'failed', 'withdrawn')),
      attempts int not null default 0,
      next_attempt_at timestamptz(3),
      locked_until timestamptz(3),
      last_error text not null default '',
      created_at timestamptz(3) not null,
      sent_at timestamptz(3),
      reply_told_at timestamptz(3),
      primary key (customer_id, id),
      constraint notice_is_due check ((status = 'queued') = (next_attempt_at is not null))
    )`);
    this.addSql(`create index notice_due on notice (next_attempt_at) where status = 'queued'`);
    this.addSql('create index notice_of_mission on notice (customer_id, mission_id)');
  }
}
