import { Migration } from '@mikro-orm/migrations';

/** A user's deleted missions by their last change: few rows, because they are erased after 30 days. */
export class IndexDeletedOfUser extends Migration {
  override name = '2026-12-01-deleted-of-user';

  override up(): void {
    this.addSql(
      `create index mission_deleted_of_user on mission (customer_id, user_id, updated_at, id)
         where deleted_at is not null`,
    );
  }
}
