import { Migration } from '@mikro-orm/migrations';

/**
 * What a question says will be done, and the keys that sign for it. A private key stands in its row encrypted, with a
 * key that is not in the database.
 */
export class AddActions extends Migration {
  override name = '2026-12-04-actions';

  override up(): void {
    this.addSql(`alter table input_request add column action jsonb,
      add column irreversible boolean not null default false, add column edits jsonb`);
    this.addSql(`create table receipt_key (
      kid text primary key, x text not null, sealed text not null,
      created_at timestamptz(3) not null, retired_at timestamptz(3))`);
  }
}
