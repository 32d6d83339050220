import { Migration } from '@mikro-orm/migrations';

/** What agents may do in a day, what their runs have used, and where a user's day begins (decision 0033). */
export class Budgets extends Migration {
  override name = '2026-12-05-budgets';

  override up(): void {
    for (const sql of statements) this.addSql(sql);
  }
}

const statements = [
  `create table run_limit (
     customer_id text not null,
     user_id text not null,
     mission_id text not null,
     max_runs int,
     max_tokens bigint,
     max_cost numeric,
     currency text,
     primary key (customer_id, user_id, mission_id)
   )`,
  `create table run_usage (
     id uuid primary key,
     run_id uuid not null,
     mission_id uuid not null,
     customer_id text not null,
     user_id text not null,
     at timestamptz(3) not null,
     input_tokens bigint not null,
     output_tokens bigint not null,
     cost numeric not null,
     currency text not null
   )`,
  'create index run_usage_of_customer on run_usage (customer_id, at)',
  'create index run_usage_of_mission on run_usage (mission_id)',
  'create index run_usage_at on run_usage (at)',
  'create table user_zone (customer_id text not null, user_id text not null, zone text not null, primary key (customer_id, user_id))',
  `alter table run add column held_until timestamptz(3), add column input_tokens bigint not null default 0,
     add column output_tokens bigint not null default 0, add column cost numeric not null default 0`,
  'create index run_held on run (held_until) where held_until is not null',
  'create index run_claimed_at on run (customer_id, claimed_at) where claimed_at is not null',
];
