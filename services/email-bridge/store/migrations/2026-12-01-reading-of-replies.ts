import { Migration } from '@mikro-orm/migrations';

/** Keeps what the reading of a message left out and guessed. Replies of before have none. */
export class NoteReading extends Migration {
  override name = '2026-12-01-reading-of-replies';

  override up(): void {
    this.addSql('alter table reply add column reading jsonb');
  }
}
