import { Migration } from '@mikro-orm/migrations';

/**
 * The user whom a signal belongs to; '' for the whole customer, as every signal that was stored before, and as those of
 * processes of the version before, which do not write the column. The user is part of the key: with the id of another
 * user's signal nobody can keep a signal from being stored.
 */
export class AddUserOfSignal extends Migration {
  override name = '2026-11-28-user-of-signal';

  override up(): void {
    this.addSql("alter table signal add column user_id text not null default ''");
    this.addSql(
      'alter table signal drop constraint signal_pkey, ' +
        'add constraint signal_pkey primary key (customer_id, key, id, user_id)',
    );
  }
}
