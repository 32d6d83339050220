import { Migration } from '@mikro-orm/migrations';

/** Whose turn it is among queued runs: the priority of their missions, and the order in which runs were claimed. */
export class Turns extends Migration {
  override name = '2026-12-01-turns';

  override up(): void {
    for (const sql of statements) this.addSql(sql);
  }
}

const isPriority = "check (priority in ('low', 'normal', 'high', 'urgent'))";

const statements = [
  `alter table watched_mission add column priority text not null default 'normal'
     constraint watched_mission_priority_check ${isPriority}`,
  `alter table run add column priority text not null default 'normal' constraint run_priority_check ${isPriority},
     add column turn bigint`,
  // Turns are numbered, because two claims may have the same time.
  'create sequence run_turn',
  'create index run_turn_of_user on run (customer_id, user_id, turn) where turn is not null',
  'create index run_turn_of_customer on run (customer_id, turn) where turn is not null',
  'drop index run_oldest_queued',
];
