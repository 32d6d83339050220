import { Migration } from '@mikro-orm/migrations';

/** For the question whether somebody has been written to before. */
export class IndexRecipients extends Migration {
  override name = '2026-12-06-known-recipients';

  override up(): void {
    this.addSql('create index reply_address_of_recipient on reply_address (customer_id, recipient)');
  }
}
