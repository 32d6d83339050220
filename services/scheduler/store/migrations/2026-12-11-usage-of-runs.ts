import { Migration } from '@mikro-orm/migrations';

/** What one run of a mission has used is read, too. */
export class UsageOfRuns extends Migration {
  override name = '2026-12-11-usage-of-runs';

  override up(): void {
    this.addSql('drop index run_usage_of_mission');
    this.addSql('create index run_usage_of_mission on run_usage (mission_id, run_id)');
  }
}
