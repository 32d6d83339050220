import { Migration } from '@mikro-orm/migrations';

/** Leaves room for the answered version of a request on its page, so that only what differs is logged (decision 0025). */
export class LeaveRoomForChanges extends Migration {
  override name = '2026-12-02-room-for-changes';

  override up(): void {
    this.addSql('alter table input_request set (fillfactor = 60)');
  }
}
