import { Migration } from '@mikro-orm/migrations';

/**
 * When the next step of a pending request is due: its reminder, then its deadline. Requests that stand have none: the
 * scheduler keeps their timers, which versions before set.
 */
export class AddDue extends Migration {
  override name = '2026-12-03-due';

  override up(): void {
    this.addSql('alter table input_request add column due_at timestamptz(3)');
    this.addSql('create index input_request_due on input_request (due_at) where due_at is not null');
  }
}
