import { Migration } from '@mikro-orm/migrations';

/** Notices that something was settled of, to be looked at once more. A migration that has run is never edited. */
export class WithdrawNotices extends Migration {
  override name = '2026-12-05-withdrawals';

  override up(): void {
    this.addSql('alter table notice add column withdraw_at timestamptz(3)');
    this.addSql('create index notice_withdrawn on notice (withdraw_at) where withdraw_at is not null');
  }
}
