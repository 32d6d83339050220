import { Migration } from '@mikro-orm/migrations';

/**
 * Why a run lost its lease, and whose kill switch a switch of a user is. Its `id` was `<customer>/<user>`, which is the
 * same text for the customer `a` with the user `b/c` and the customer `a/b` with the user `c`. A row with one slash is
 * clear. A row with more keeps both names empty, and goes on to stop everybody whom it may mean until it is turned off:
 * so do rows that a replica of the version before writes meanwhile.
 */
export class ReachOfSwitches extends Migration {
  override name = '2026-11-29-reach-of-switches';

  override up(): void {
    for (const sql of statements) this.addSql(sql);
  }
}

const statements = [
  'alter table run add column lost text',
  `alter table kill_switch add column customer_id text not null default '', add column user_id text not null default ''`,
  `update kill_switch set customer_id = split_part(id, '/', 1), user_id = split_part(id, '/', 2)
     where scope = 'user' and length(id) - length(replace(id, '/', '')) = 1`,
  `alter table kill_switch drop constraint kill_switch_pkey,
     add constraint kill_switch_pkey primary key (scope, id, customer_id, user_id)`,
];
