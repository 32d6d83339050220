import { statement } from '@missions/persistence/statement.ts';

/**
 * Parameters: status, mission, how many. No index has all runs by time: the statement reads the whole table, which an
 * operator may do now and then.
 */
export const allRuns = statement(
  'operate.runs',
  `select json_build_object('id', id, 'status', status, 'mission_id', mission_id, 'customer_id', customer_id,
          'user_id', user_id, 'agent_id', agent_id, 'reason', reason, 'attempt', attempt, 'fence', fence,
          'requested_at', iso(requested_at), 'claimed_at', iso(claimed_at), 'lease_expires_at', iso(lease_expires_at),
          'finished_at', iso(finished_at), 'error', error) as run
     from run where ($1::text is null or status = $1) and ($2::uuid is null or mission_id = $2)
    order by requested_at desc, id desc limit $3`,
);
