import { Migration } from '@mikro-orm/migrations';
import { outboxOfMission } from '@missions/persistence/schema.ts';

/** Lets an erasure find a mission's events by index. */
export class IndexOutboxOfMission extends Migration {
  override name = '2026-11-23-outbox-of-mission';

  override up(): void {
    for (const sql of outboxOfMission()) this.addSql(sql);
  }
}
