import { Migration } from '@mikro-orm/migrations';

/** What devices have of a notice, so that it is taken off their screens. A migration that has run is never edited. */
export class PushNotices extends Migration {
  override name = '2026-12-06-pushes';

  override up(): void {
    for (const column of ['devices jsonb', 'tag text', 'withdraw_attempts int not null default 0'])
      this.addSql(`alter table notice add column ${column}`);
  }
}
