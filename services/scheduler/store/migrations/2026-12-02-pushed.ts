import { Migration } from '@mikro-orm/migrations';

/** A run that was pushed belongs to the agent behind the endpoint, which no claim has named. */
export class MarkPushed extends Migration {
  override name = '2026-12-02-pushed';

  override up(): void {
    this.addSql('alter table run add column pushed boolean not null default false');
  }
}
