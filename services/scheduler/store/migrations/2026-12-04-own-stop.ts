import { Migration } from '@mikro-orm/migrations';

/** Users have a kill switch of their own beside the operators'. */
export class OwnStop extends Migration {
  override name = '2026-12-04-own-stop';

  override up(): void {
    this.addSql(
      `alter table kill_switch drop constraint kill_switch_scope_check,
         add constraint kill_switch_scope_check check (scope in ('all', 'customer', 'user', 'mission', 'own'))`,
    );
  }
}
