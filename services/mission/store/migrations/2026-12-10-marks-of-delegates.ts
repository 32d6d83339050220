import { Migration } from '@mikro-orm/migrations';

/** Whoever answers for others marks their items for themselves. */
export class AddMarksOfDelegates extends Migration {
  override name = '2026-12-10-marks-of-delegates';

  override up(): void {
    this.addSql(`create table inbox_mark (
      mission_id uuid not null, key text not null, user_id text not null, customer_id text not null,
      seen_at timestamptz(3), seen_revision int, snoozed_until timestamptz(3), snoozed_revision int,
      primary key (mission_id, key, user_id))`);
    this.addSql('create index inbox_mark_of_user on inbox_mark (customer_id, user_id)');
  }
}
