import { Migration } from '@mikro-orm/migrations';

/** Until when the budget of a queued run is spent, and what the mission service was told of it. */
export class SpentBudgets extends Migration {
  override name = '2026-12-18-spent-budgets';

  override up(): void {
    this.addSql('alter table run add column budget_until timestamptz(3)');
    this.addSql(`create index run_over_budget on run (customer_id)
      where budget_until is not null and lease_expires_at is null and finished_at is null`);
    this.addSql(`alter table watched_mission add column budget_until timestamptz(3),
      add column budget_revision int not null default 0`);
    this.addSql(
      'create index watched_mission_over_budget on watched_mission (mission_id) where budget_until is not null',
    );
  }
}
