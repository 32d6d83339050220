import { Migration } from '@mikro-orm/migrations';
import { outboxOfMission } from '@missions/persistence/schema.ts';

/** The index by which an erasure finds a mission's events in the outbox. */
export class IndexOutboxOfMission extends Migration {
  override name = '2026-11-23-outbox-of-mission';

  override up(): void {
    for (const sql of outboxOfMission()) this.addSql(sql);
  }
}
