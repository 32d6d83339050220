import { Migration } from '@mikro-orm/migrations';

/** What users have decided beforehand, and who asks: questions that stand were asked by nobody whom this service knows. */
export class AddRules extends Migration {
  override name = '2026-12-09-rules';

  override up(): void {
    this.addSql('alter table input_request add column agent_id text');
    this.addSql(`create table approval_rule (
      customer_id text not null, id uuid not null, user_id text not null, match jsonb not null, option text not null,
      until timestamptz(3), max_uses_per_day int, enabled boolean not null, time_zone text not null, day text not null,
      uses_today int not null, uses int not null, last_used_at timestamptz(3), created_at timestamptz(3) not null,
      primary key (customer_id, id))`);
    this.addSql('create index approval_rule_of_user on approval_rule (customer_id, user_id)');
  }
}
