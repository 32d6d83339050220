import { Migration } from '@mikro-orm/migrations';

export class CreateSessions extends Migration {
  override name = '2026-11-29-sessions';

  override up(): void {
    this.addSql(`create table user_session (
      id uuid primary key,
      hash text not null,
      customer_id text not null,
      user_id text not null,
      via text not null,
      provider_sid text,
      created_at timestamptz(3) not null,
      last_seen_at timestamptz(3) not null,
      expires_at timestamptz(3) not null,
      constraint user_session_hash_key unique (hash)
    )`);
    this.addSql('create index user_session_of_user on user_session (user_id, customer_id)');
    this.addSql('create index user_session_of_provider on user_session (provider_sid)');
    this.addSql(`create table sign_in_code (
      hash text primary key,
      customer_id text not null,
      user_id text not null,
      expires_at timestamptz(3) not null
    )`);
    this.addSql(`create table user_profile (
      customer_id text not null,
      user_id text not null,
      name text,
      email text,
      email_confirmed boolean not null,
      time_zone text,
      locale text,
      updated_at timestamptz(3) not null,
      primary key (customer_id, user_id)
    )`);
  }
}
