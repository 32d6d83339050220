import { Migration } from '@mikro-orm/migrations';
import { roomForMarks } from '@missions/persistence/schema.ts';

/** Leaves room for the marked version of an event beside the unmarked one. */
export class LeaveRoomForMarks extends Migration {
  override name = '2026-12-02-room-for-marks';

  override up(): void {
    for (const sql of roomForMarks()) this.addSql(sql);
  }
}
