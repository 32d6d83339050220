import { Migration } from '@mikro-orm/migrations';

/** When a notice that could not leave at once does not leave either. */
export class NoteQuietHours extends Migration {
  override name = '2026-12-07-quiet-hours';

  override up(): void {
    this.addSql('alter table notice add column quiet jsonb');
  }
}
