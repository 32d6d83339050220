import { Migration } from '@mikro-orm/migrations';

/** Runs that could not be pushed are put off, and the state of the agent's endpoint is kept for the operators. */
export class PushEndpoint extends Migration {
  override name = '2026-12-01-push-endpoint';

  override up(): void {
    for (const sql of statements) this.addSql(sql);
  }
}

const statements = [
  'alter table run add column push_after timestamptz(3), add column unreached int not null default 0',
  `create table push_endpoint (
     address text primary key,
     reached boolean not null,
     since timestamptz(3) not null,
     failures int not null,
     error text not null,
     next_attempt_at timestamptz(3)
   )`,
];
