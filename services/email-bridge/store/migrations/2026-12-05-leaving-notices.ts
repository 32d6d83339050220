import { Migration } from '@mikro-orm/migrations';

/**
 * Whether a notice is leaving at this moment, so that its withdrawal says what is true; and the language of its reader, for
 * the word to who replies to it. A migration that has run is never edited.
 */
export class NoteLeavingNotices extends Migration {
  override name = '2026-12-05-leaving-notices';

  override up(): void {
    this.addSql(
      `alter table notice add column leaving_until timestamptz(3), add column language text not null default 'en'`,
    );
  }
}
