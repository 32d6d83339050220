import { Migration } from '@mikro-orm/migrations';

export class CreateErasedMissions extends Migration {
  override name = '2026-11-22-erased-missions';

  override up(): void {
    this.addSql(
      'create table erased_mission (id uuid primary key, customer_id text not null, erased_at timestamptz(3) not null)',
    );
  }
}
