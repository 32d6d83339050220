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
  { table: 'approval_rule', answer: 'refuse' },
  { table: 'input_person', answer: 'skip' },
  { table: 'input_answer', answer: 'refuse' },
  { table: 'delegation', answer: 'refuse' },
  { table: 'delegation', answer: 'refuse', user: 'to_user_id' },
];
