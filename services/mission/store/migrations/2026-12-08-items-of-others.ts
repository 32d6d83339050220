import { Migration } from '@mikro-orm/migrations';

/** A question also stands in the inbox of others, for one of them from a time on. */
export class ShowItemsLate extends Migration {
  override name = '2026-12-08-items-of-others';

  override up(): void {
    this.addSql('alter table inbox_item add column shown_from timestamptz(3)');
  }
}
