import { Migration } from '@mikro-orm/migrations';

/** The hours in which runs are given out: those of now, or else the next ones (decision 0037). */
export class Hours extends Migration {
  override name = '2026-12-11-hours';

  override up(): void {
    this.addSql(`alter table run_limit add column hours json, add column opens_at timestamptz(3),
      add column closes_at timestamptz(3)`);
    this.addSql('create index run_limit_closes on run_limit (closes_at) where closes_at is not null');
  }
}
