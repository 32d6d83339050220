import { Migration } from '@mikro-orm/migrations';

/**
 * Whether an e-mail was ever sent for a mission. The default serves processes of the version before, which do not write
 * the column.
 */
export class MarkMailed extends Migration {
  override name = '2026-11-23-mailed';

  override up(): void {
    this.addSql('alter table mission add column mailed boolean not null default false');
  }
}
