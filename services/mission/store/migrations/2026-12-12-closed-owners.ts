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
  { table: 'mission', answer: 'refuse' },
  // The end of a mission is stored with it, and deleted with it.
  { table: 'signal', answer: 'refuse', when: "new.key not like 'mission:%'" },
  { table: 'mail_day', answer: 'refuse', user: 'name', when: "new.scope = 'user'" },
  { table: 'mail_day', answer: 'refuse', when: "new.scope <> 'user'" },
  { table: 'mail_follow_up', answer: 'refuse' },
  { table: 'inbox_item', answer: 'skip' },
];
