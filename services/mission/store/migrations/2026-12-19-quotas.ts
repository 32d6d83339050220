import { Migration } from '@mikro-orm/migrations';

/**
 * Quotas of customers, with what is used of them, and the bytes of each mission. Those of the missions that stand
 * already are measured by a job (`measure-missions.ts`).
 */
export class AddQuotas extends Migration {
  override name = '2026-12-19-quotas';

  override up(): void {
    this.addSql(`create table customer_quota (
      customer_id text primary key,
      missions int,
      questions int,
      mail int,
      storage bigint,
      missions_used int,
      storage_used bigint
    ) with (fillfactor = 50)`);
    this.addSql(`create trigger closed_owner before insert on customer_quota for each row
      execute function keep_closed_owner_out('user_id', 'refuse')`);
    this.addSql('alter table mission add column bytes bigint');
    this.addSql('create index mission_unmeasured on mission (id) where bytes is null');
    this.addSql(`create function refuse_over_quota(q customer_quota, missions int, bytes bigint) returns boolean
      language plpgsql as $$
      declare
        over json := case
          when missions > 0 and q.missions_used > q.missions
            then json_build_object('quota', 'missions', 'limit', q.missions, 'used', q.missions_used - missions)
          when bytes > 0 and q.storage_used > q.storage
            then json_build_object('quota', 'storage', 'limit', q.storage, 'used', q.storage_used - bytes)
        end;
      begin
        if over is null then return false; end if;
        raise exception 'a quota of this customer is used up' using errcode = 'MU409', detail = over::text;
      end $$`);
  }
}
