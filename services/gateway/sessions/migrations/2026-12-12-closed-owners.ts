import { Migration } from '@mikro-orm/migrations';
import { closedOwners, type Entrance } from '@missions/persistence/holdings/closed-owners.ts';

/** Keeps out whoever is erased. */
export class CloseOwners extends Migration {
  override name = '2026-12-12-closed-owners';

  override up(): void {
    for (const sql of closedOwners(ENTRANCES)) this.addSql(sql);
  }
}

const ENTRANCES: readonly Entrance[] = [
  { table: 'user_session', answer: 'refuse' },
  { table: 'sign_in_code', answer: 'refuse' },
  { table: 'user_profile', answer: 'refuse' },
  { table: 'agent_key', answer: 'refuse' },
];
