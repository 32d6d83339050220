import { Migration } from '@mikro-orm/migrations';

/** What becomes of an e-mail days later belongs to the trace that it was requested in. */
export class RememberTraces extends Migration {
  override name = '2026-12-17-trace-of-mail';

  override up(): void {
    this.addSql('alter table email add column traceparent text');
  }
}
