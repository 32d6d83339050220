import { Migration } from '@mikro-orm/migrations';

/** Who turned a kill switch on, and why. Rows of before, and of a version before, say neither. */
export class WhoSwitched extends Migration {
  override name = '2026-12-03-who-switched';

  override up(): void {
    this.addSql(
      `alter table kill_switch add column set_by text not null default '', add column reason text not null default ''`,
    );
  }
}
