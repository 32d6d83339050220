import { Migration } from '@mikro-orm/migrations';

/** What has happened to the mission of a held run that the run's next heartbeat tells. */
export class RunOrders extends Migration {
  override name = '2026-12-01-run-orders';

  override up(): void {
    this.addSql("alter table run add column orders text[] not null default '{}'");
  }
}
