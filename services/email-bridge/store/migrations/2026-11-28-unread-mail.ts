import { Migration } from '@mikro-orm/migrations';

/** Counts how often the reading of a message was tried, and keeps what was set aside. */
export class CountTriesOfMail extends Migration {
  override name = '2026-11-28-unread-mail';

  override up(): void {
    this.addSql(unread);
    this.addSql('create index unread_mail_set_aside on unread_mail (set_aside_at, key)');
  }
}

const unread = `create table unread_mail (
  key text primary key,
  via text not null constraint unread_mail_via_check check (via in ('smtp', 'lmtp', 'imap', 'webhook')),
  reverse_path text not null,
  recipients jsonb not null,
  size int not null,
  tries int not null,
  reason text not null default '',
  head bytea,
  received_at timestamptz(3) not null,
  set_aside_at timestamptz(3)
)`;
