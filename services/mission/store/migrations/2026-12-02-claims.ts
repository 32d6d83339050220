import { Migration } from '@mikro-orm/migrations';

/** Who works on a task in a conversation; null for nobody, and for all tasks that stand already. */
export class AddClaims extends Migration {
  override name = '2026-12-02-claims';

  override up(): void {
    this.addSql('alter table task add column claim jsonb');
  }
}
