import { Migration } from '@mikro-orm/migrations';

/** The index by which a run's writes beside its own mission find the run's lease. Few missions have a run at a time. */
export class IndexMissionOfRun extends Migration {
  override name = '2026-11-24-mission-of-run';

  override up(): void {
    this.addSql('create index mission_of_run on mission (run_id) where run_id is not null');
  }
}
