import { Migration } from '@mikro-orm/migrations';
import { resultsOfMission } from '@missions/persistence/schema.ts';

/** Lets an erasure find the stored results that hold a mission's texts. */
export class NameMissionOfResults extends Migration {
  override name = '2026-11-30-results-of-mission';

  override up(): void {
    for (const sql of resultsOfMission()) this.addSql(sql);
  }
}
