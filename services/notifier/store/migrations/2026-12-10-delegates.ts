import { Migration } from '@mikro-orm/migrations';

/** Who answers a question for another, kept with the subject of its user. */
export class RememberDelegates extends Migration {
  override name = '2026-12-10-delegates';

  override up(): void {
    this.addSql(`alter table subject add column delegates jsonb not null default '[]'`);
  }
}
