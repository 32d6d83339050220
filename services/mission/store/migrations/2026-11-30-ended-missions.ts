import { Migration } from '@mikro-orm/migrations';

/**
 * Waits for other missions that the version before left open for ever: it did not look whether the awaited mission had
 * ended already, and compared its id with regard to letter case. A delivery ends them in the next round.
 */
export const endWaits = [
  `update blocker set key = lower(key) where kind = 'mission' and resolved_at is null and key <> lower(key)
      and key ~* '^mission:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'`,
  `insert into delivery (blocker_id, signal_id, customer_id, mission_id, signal)
   select b.id, m.id || ':' || m.version, b.customer_id, b.mission_id,
          jsonb_build_object('id', m.id || ':' || m.version, 'final', true, 'received_at', iso(m.completed_at),
            'data', jsonb_build_object('mission_id', m.id, 'status', m.status, 'outcome', m.outcome))
     from blocker b join mission waiter on waiter.id = b.mission_id
     join mission m on m.customer_id = b.customer_id and m.user_id = waiter.user_id and m.id = case
            when b.key ~ '^mission:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(b.key, 9)::uuid end
    where b.kind = 'mission' and b.resolved_at is null and m.status in ('completed', 'cancelled', 'failed')
   on conflict do nothing`,
];

export class EndWaitsForEndedMissions extends Migration {
  override name = '2026-11-30-ended-missions';

  override up(): void {
    for (const sql of endWaits) this.addSql(sql);
  }
}
