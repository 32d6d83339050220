import { Migration } from '@mikro-orm/migrations';

/**
 * The order in which missions are created and signals arrive. A signal counts for a mission that stood when it came,
 * and times cannot say that, because those of two processes are some milliseconds apart. Rows that stand already have
 * no place in the order: they are compared by time, as before.
 */
export class OrderArrivals extends Migration {
  override name = '2026-11-30-arrival';

  override up(): void {
    this.addSql('create sequence arrival');
    // A function, because a default of nextval itself would be a column that numbers its own table.
    this.addSql("create function next_arrival() returns bigint language sql volatile return nextval('arrival')");
    for (const table of ['mission', 'signal']) {
      this.addSql(`alter table ${table} add column arrival bigint`);
      this.addSql(`alter table ${table} alter column arrival set default next_arrival()`);
    }
  }
}
