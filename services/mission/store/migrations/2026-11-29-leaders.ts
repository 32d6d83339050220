import { Migration } from '@mikro-orm/migrations';
import { leaders } from '@missions/persistence/schema.ts';

/** Lets the relay hold a lease instead of a session's lock. */
export class AddLeaders extends Migration {
  override name = '2026-11-29-leaders';

  override up(): void {
    for (const sql of leaders()) this.addSql(sql);
  }
}
