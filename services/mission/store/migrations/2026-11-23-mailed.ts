import { Migration } from '@mikro-orm/migrations';

/** Whether mail was ever sent for a mission. The default is for services of the version before, which write no such column. */
export class MarkMailed extends Migration {
  override name = '2026-11-23-mailed';

  override up(): void {
    this.addSql('alter table mission add column mailed boolean not null default false');
  }
}
