import { Migration } from '@mikro-orm/migrations';

/** Addresses in mail by which a question is decided. A migration that has run is never edited. */
export class AddActionLinks extends Migration {
  override name = '2026-12-07-action-links';

  override up(): void {
    this.addSql(`create table action_link (
      hash text primary key,
      customer_id text not null,
      user_id text not null,
      mission_id uuid not null,
      request_id uuid not null,
      expires_at timestamptz(3) not null,
      used_at timestamptz(3)
    )`);
    this.addSql('create index action_link_of_question on action_link (customer_id, request_id)');
    this.addSql('create index action_link_of_mission on action_link (customer_id, mission_id)');
  }
}
