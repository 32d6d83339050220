import { Migration } from '@mikro-orm/migrations';

/** Keeps from which time on a mailbox is read that is being read for the first time; null once that is done. */
export class RememberFirstRead extends Migration {
  override name = '2026-12-03-first-read';

  override up(): void {
    this.addSql('alter table mailbox_cursor add column first_read_since timestamptz(3)');
  }
}
