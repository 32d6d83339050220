import { Migration } from '@mikro-orm/migrations';

/**
 * An index for each order and each rare filter of a list, so that a page costs the same whether a user has sixty
 * missions or a hundred thousand. Without them such a list read and sorted all of the user's missions.
 */
export class IndexOrdersOfLists extends Migration {
  override name = '2026-11-30-orders-of-lists';

  override up(): void {
    const list = (name: string, columns: string, rows = '') =>
      this.addSql(
        `create index mission_${name} on mission (customer_id, user_id, ${columns}, id) where deleted_at is null${rows}`,
      );
    list('by_update', 'updated_at');
    list('by_due_date', "coalesce(due_at, 'infinity')");
    list('by_priority', 'priority_rank(priority)');
    list('of_phase', 'phase, created_at');
    list('needing_attention', 'created_at', ' and needs_attention');
  }
}
