import { Migration } from '@mikro-orm/migrations';
import { publishedSubjects } from '@missions/persistence/schema.ts';

/** What the relay remembers of its streams, so that it can tell when they have lost events. */
export class RememberPublishedSubjects extends Migration {
  override name = '2026-12-01-published-subjects';

  override up(): void {
    for (const sql of publishedSubjects()) this.addSql(sql);
  }
}
