import { Migration } from '@mikro-orm/migrations';

/**
 * Tells the index of updates each mission's phase, so that the missions of a phase are listed by their last change
 * without reading those of other phases. An index of its own would cost every change of a mission another entry.
 */
export class IndexPhaseOfUpdates extends Migration {
  override name = '2026-12-03-phase-of-updates';

  override up(): void {
    this.addSql('drop index mission_by_update');
    this.addSql(
      'create index mission_by_update on mission (customer_id, user_id, updated_at, id, phase) where deleted_at is null',
    );
  }
}
