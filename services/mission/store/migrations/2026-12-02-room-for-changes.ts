import { Migration } from '@mikro-orm/migrations';

/**
 * Leaves room for the next version of a row on its page. A task whose change no index knows is then not entered in the
 * indexes again, and of every row only the bytes that differ are logged (decision 0025). Pages that stand stay as they
 * are until they are written anew.
 */
export class LeaveRoomForChanges extends Migration {
  override name = '2026-12-02-room-for-changes';

  override up(): void {
    for (const table of ['mission', 'task', 'blocker']) this.addSql(`alter table ${table} set (fillfactor = 80)`);
  }
}
