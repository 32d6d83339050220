import { Migration } from '@mikro-orm/migrations';

export class CreateAgentKeys extends Migration {
  override name = '2026-11-22-agent-keys';

  override up(): void {
    this.addSql(`create table agent_key (
      id uuid primary key,
      customer_id text not null,
      agent_id text not null,
      users jsonb,
      hash text not null,
      label text not null,
      created_at timestamptz(3) not null,
      last_used_at timestamptz(3),
      revoked_at timestamptz(3)
    )`);
    this.addSql('create index agent_key_of_agent on agent_key (customer_id, agent_id)');
  }
}
