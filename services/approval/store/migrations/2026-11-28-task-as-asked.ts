import { Migration } from '@mikro-orm/migrations';

/**
 * The task of a request, as it read when the request was asked, and its latest change since. Null for a request of a
 * whole mission, and for requests that were asked before this column existed.
 */
export class AddTaskAsAsked extends Migration {
  override name = '2026-11-28-task-as-asked';

  override up(): void {
    this.addSql('alter table input_request add column task jsonb');
  }
}
