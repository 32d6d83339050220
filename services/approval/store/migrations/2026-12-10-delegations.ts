import { Migration } from '@mikro-orm/migrations';

/** Who answers whose questions for a while, and for whom an answer was given. */
export class AddDelegations extends Migration {
  override name = '2026-12-10-delegations';

  override up(): void {
    this.addSql(`create table delegation (
      customer_id text not null, id uuid not null, user_id text not null, to_user_id text not null,
      from_at timestamptz(3) not null, until_at timestamptz(3) not null, created_at timestamptz(3) not null,
      primary key (customer_id, id))`);
    this.addSql('create index delegation_of_user on delegation (customer_id, user_id)');
    this.addSql('create index delegation_to_user on delegation (customer_id, to_user_id)');
    this.addSql('alter table input_answer add column on_behalf_of text');
    this
      .addSql(`create index input_answer_for_user on input_answer (customer_id, on_behalf_of, responded_at, request_id)
      where on_behalf_of is not null`);
  }
}
