import { Migration } from '@mikro-orm/migrations';

/**
 * Waits for a time, waits of which the first ends the others, and whether a task was untouched when a question opened
 * its wait. The checks are not validated: rows that stand satisfy them already, and a scan would lock the table.
 */
export class AddTimesAndLists extends Migration {
  override name = '2026-12-01-times-and-lists';

  override up(): void {
    this.addSql('alter table blocker add column any_of uuid, add column task_was text');
    this.addSql('alter table blocker drop constraint blocker_kind_check');
    this.addSql(
      `alter table blocker add constraint blocker_kind_check check (kind in ('human_input', 'email_reply',
         'calendar_response', 'webhook', 'mission', 'manual', 'time')) not valid`,
    );
    this.addSql("alter table blocker add constraint blocker_task_was_check check (task_was in ('ready')) not valid");
  }
}
