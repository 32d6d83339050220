import { Migration } from '@mikro-orm/migrations';

/** How many recipients got mail on a day (UTC), and when an e-mail was last followed up. */
export class CountMail extends Migration {
  override name = '2026-11-29-mail-limits';

  override up(): void {
    this.addSql(
      `create table mail_day (
         customer_id text not null,
         scope text not null,
         name text not null,
         day date not null,
         recipients int not null,
         primary key (customer_id, scope, name, day)
       )`,
    );
    this.addSql('create index mail_day_day on mail_day (day)');
    this.addSql(
      `create table mail_follow_up (
         customer_id text not null,
         tracking_id uuid not null,
         at timestamptz(3) not null,
         primary key (customer_id, tracking_id)
       )`,
    );
    this.addSql('create index mail_follow_up_at on mail_follow_up (at)');
  }
}
