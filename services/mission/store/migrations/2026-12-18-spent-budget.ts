import { Migration } from '@mikro-orm/migrations';

/** What the scheduler said last of the mission's budget. */
export class NoteSpentBudget extends Migration {
  override name = '2026-12-18-spent-budget';

  override up(): void {
    this.addSql('alter table mission add column budget jsonb');
  }
}
