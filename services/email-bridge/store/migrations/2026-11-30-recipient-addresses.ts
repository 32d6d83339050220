import { Migration } from '@mikro-orm/migrations';

/**
 * Gives each recipient a reply address. E-mails that exist have none and need none: their replies come to the address
 * of the e-mail, and name a Message-ID that is stored.
 */
export class AddressRecipients extends Migration {
  override name = '2026-11-30-recipient-addresses';

  override up(): void {
    this.addSql(address);
    this.addSql(`alter table message add column offered jsonb not null default '[]'`);
    this.addSql(`alter table reply add column recipient text, add column authentication jsonb,
      add column noted boolean not null default false`);
  }
}

const address = `create table reply_address (
  token text primary key,
  customer_id text not null,
  email_id uuid not null,
  recipient text not null,
  constraint reply_address_of_email foreign key (customer_id, email_id) references email (customer_id, id)
    on delete cascade,
  constraint reply_address_recipient_key unique (customer_id, email_id, recipient)
)`;
