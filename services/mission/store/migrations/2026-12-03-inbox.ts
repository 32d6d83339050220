import { Migration } from '@mikro-orm/migrations';

/**
 * Why a mission needs attention, and the items of its user's inbox. The items of the missions that stand already are
 * filled in by a job (`fill-inbox.ts`), which reads each as the domain does; why they need attention is read here.
 */
export class AddInbox extends Migration {
  override name = '2026-12-03-inbox';

  override up(): void {
    this.addSql(`alter table mission add column attention jsonb not null default '[]',
                                     add column concerns jsonb not null default '[]'`);
    this.addSql('alter table blocker add column asked jsonb');
    this.addSql(`create table inbox_item (
      mission_id uuid not null constraint inbox_item_mission_id_foreign references mission (id) on delete cascade,
      key text not null,
      customer_id text not null,
      user_id text not null,
      kind text not null constraint inbox_item_kind_check check (kind in ('question', 'task_failed', 'paused_by_system', 'unanswered', 'bounced', 'stale', 'budget')),
      task_id uuid,
      request_id text,
      summary text not null,
      since timestamptz(3) not null,
      until timestamptz(3),
      urgency text constraint inbox_item_urgency_check check (urgency in ('low', 'normal', 'high')),
      agent_id text,
      revision int not null,
      ended_at timestamptz(3),
      seen_at timestamptz(3),
      seen_revision int,
      snoozed_until timestamptz(3),
      snoozed_revision int,
      primary key (mission_id, key)
    )`);
    this.addSql('create index inbox_of_user on inbox_item (customer_id, user_id) where ended_at is null');
    this.addSql(`update mission m set attention = (
       select coalesce(jsonb_agg(kind order by position), '[]') from (values
         (1, 'question', exists (select from blocker b where b.mission_id = m.id and b.customer_id = m.customer_id
            and b.resolved_at is null and b.kind = 'human_input')),
         (2, 'task_failed', exists (select from task t where t.mission_id = m.id and t.customer_id = m.customer_id
            and t.status = 'failed')),
         (3, 'paused_by_system', m.paused_by = 'system'),
         (4, 'unanswered', m.unanswered_at is not null),
         (5, 'stale', m.stale_notified_at is not null)) as why (position, kind, stands) where stands)
     where needs_attention and deleted_at is null`);
  }
}
