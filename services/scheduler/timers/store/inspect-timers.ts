import { statement } from '@missions/persistence/statement.ts';
import { isPending } from './timers.ts';

/** Larger numbers of timers are not counted to the end. */
const COUNT_AT_MOST = 100_000;

/** Parameters: due before, owner, mission, how many. */
export const pendingTimers = statement(
  'operate.timers',
  `select json_build_object('owner', owner, 'key', key, 'revision', revision, 'customer_id', customer_id,
          'mission_id', mission_id, 'fire_at', iso(fire_at),
          'overdue_ms', greatest(0, round(extract(epoch from clock_timestamp() - fire_at) * 1000))::bigint) as timer
     from timer
    where ${isPending} and ($1::timestamptz is null or fire_at < $1) and ($2::text is null or owner = $2)
      and ($3::text is null or mission_id = $3)
    order by fire_at limit $4`,
);
export const timersSummary = statement(
  'operate.timers_summary',
  `select json_build_object(
          'pending', (select count(*) from (select from timer where ${isPending} limit ${COUNT_AT_MOST}) as counted),
          'overdue', (select count(*) from (select from timer where ${isPending} and fire_at < clock_timestamp()
                                             limit ${COUNT_AT_MOST}) as counted),
          'next_due_at', (select iso(fire_at) from timer where ${isPending} order by fire_at limit 1)) as summary`,
);
