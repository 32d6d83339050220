import { Migration } from '@mikro-orm/migrations';

/** Keys that were made before keep what they had: every scope, and no end. */
export class NarrowAgentKeys extends Migration {
  override name = '2026-12-13-key-scopes';

  override up(): void {
    this.addSql('alter table agent_key add column scopes jsonb, add column expires_at timestamptz(3)');
  }
}
