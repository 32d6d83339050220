import { Migration } from '@mikro-orm/migrations';
import { closedOwners, type Entrance } from '@missions/persistence/holdings/closed-owners.ts';
import { ownersOfResults } from '@missions/persistence/schema.ts';

/** Keeps out whoever is erased, and names the owners of stored results. */
export class CloseOwners extends Migration {
  override name = '2026-12-12-closed-owners';

  override up(): void {
    for (const sql of [...ownersOfResults(), ...closedOwners(ENTRANCES)]) this.addSql(sql);
  }
}

const ENTRANCES: readonly Entrance[] = [
  { table: 'email', answer: 'refuse', when: 'new.mission_id is null' },
  { table: 'notice', answer: 'refuse' },
];
