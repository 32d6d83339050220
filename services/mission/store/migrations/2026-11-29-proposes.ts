import { Migration } from '@mikro-orm/migrations';

/** What the question of a wait proposes for the mission; null for every other wait, and for those that stand already. */
export class AddProposes extends Migration {
  override name = '2026-11-29-proposes';

  override up(): void {
    this.addSql('alter table blocker add column proposes jsonb');
  }
}
