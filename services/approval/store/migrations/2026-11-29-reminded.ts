import { Migration } from '@mikro-orm/migrations';

/** The index by which a reminder finds those that went out before it. Few requests have a reminder. */
export class IndexReminded extends Migration {
  override name = '2026-11-29-reminded';

  override up(): void {
    this.addSql(
      'create index input_request_reminded on input_request (customer_id, user_id, reminded_at) where reminded_at is not null',
    );
  }
}
