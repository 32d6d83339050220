import { Migration } from '@mikro-orm/migrations';

/** Further people who see a question, how many must approve it, and the answers of which a question has several. */
export class AddSeveralPeople extends Migration {
  override name = '2026-12-08-several-people';

  override up(): void {
    this.addSql(`alter table input_request add column assignees jsonb not null default '[]',
      add column quorum int not null default 1, add column escalate_to text, add column escalate_at timestamptz(3)`);
    this.addSql(`create table input_person (
      customer_id text not null, user_id text not null, request_id uuid not null, mission_id uuid not null,
      sees_from timestamptz(3) not null, primary key (customer_id, user_id, request_id))`);
    this.addSql('create index input_person_of_mission on input_person (mission_id)');
    this.addSql(`create table input_answer (
      customer_id text not null, request_id uuid not null, user_id text not null, mission_id uuid not null,
      place int not null, approves boolean not null, response jsonb not null, responded_at timestamptz(3) not null,
      primary key (customer_id, request_id, user_id))`);
    this.addSql('create index input_answer_of_user on input_answer (customer_id, user_id, responded_at, request_id)');
    this.addSql('create index input_answer_of_mission on input_answer (mission_id)');
  }
}
