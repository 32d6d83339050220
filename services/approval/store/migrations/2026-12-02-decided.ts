import { Migration } from '@mikro-orm/migrations';

/** The index by which users read what they have decided, newest first. */
export class IndexDecided extends Migration {
  override name = '2026-12-02-decided';

  override up(): void {
    this.addSql(
      'create index input_request_decided on input_request (customer_id, user_id, responded_at, id) where responded_at is not null',
    );
  }
}
