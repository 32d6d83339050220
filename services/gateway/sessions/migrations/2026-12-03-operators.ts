import { Migration } from '@mikro-orm/migrations';

/** Whether the identity provider has said that the user is an operator. */
export class MarkOperators extends Migration {
  override name = '2026-12-03-operators';

  override up(): void {
    this.addSql('alter table user_session add column operator boolean not null default false');
  }
}
