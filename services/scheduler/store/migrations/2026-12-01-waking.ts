import { Migration } from '@mikro-orm/migrations';

/** What the latest run has seen of its mission, and what has come since. */
export class Waking extends Migration {
  override name = '2026-12-01-waking';

  override up(): void {
    for (const sql of statements) this.addSql(sql);
  }
}

const statements = [
  `alter table watched_mission add column woken_version int not null default 0,
     add column seen_version int not null default 0`,
  'alter table run add column granted_counts json',
];
