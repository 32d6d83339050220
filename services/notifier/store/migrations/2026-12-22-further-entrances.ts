import { Migration } from '@mikro-orm/migrations';
import { type Entrance, furtherEntrances } from '@missions/persistence/holdings/closed-owners.ts';

/** Questions of others, and deliveries that were under way, keep nothing of whoever is erased. */
export class CloseFurtherEntrances extends Migration {
  override name = '2026-12-22-further-entrances';

  override up(): void {
    for (const sql of furtherEntrances(ENTRANCES)) this.addSql(sql);
  }
}

const ENTRANCES: readonly Entrance[] = [
  { table: 'subject', answer: 'skip' },
  { table: 'webhook_delivery', answer: 'skip' },
];
