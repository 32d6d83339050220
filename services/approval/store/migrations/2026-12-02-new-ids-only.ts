import { Migration } from '@mikro-orm/migrations';
import { newIdsOnly } from '@missions/persistence/schema.ts';

/** Takes the index of ids off the outbox: every event of this service has a new id. */
export class ExpectNewIds extends Migration {
  override name = '2026-12-02-new-ids-only';

  override up(): void {
    for (const sql of newIdsOnly()) this.addSql(sql);
  }
}
