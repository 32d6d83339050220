import { Migration } from '@mikro-orm/migrations';
import { furtherEntrances } from '@missions/persistence/holdings/closed-owners.ts';

/** Whoever is erased marks nothing of others any more. */
export class CloseMarks extends Migration {
  override name = '2026-12-22-closed-marks';

  override up(): void {
    for (const sql of furtherEntrances([{ table: 'inbox_mark', answer: 'refuse' }])) this.addSql(sql);
  }
}
