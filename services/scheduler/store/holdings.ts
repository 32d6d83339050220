import { messagingHoldings, OWNED, type ServiceHoldings } from '@missions/persistence/holdings/holdings.ts';

/** What this service holds of a customer or a user. The ids of erased missions stay, without their owners. */
export const schedulerHoldings: ServiceHoldings = {
  schema: 'scheduler',
  missions: `select mission_id from watched_mission where ${OWNED} limit 100`,
  tables: [
    { table: 'watched_mission', erase: 'mission' },
    { table: 'run' },
    { table: 'run_usage' },
    { table: 'run_limit' },
    {
      table: 'kill_switch',
      // Those of earlier versions have the ids in one text.
      rows: `(${OWNED} or scope = 'customer' and id = $1 and $2::text is null
        or scope = 'user' and customer_id = '' and id = $1 || '/' || $2::text)`,
    },
    { table: 'user_zone' },
    { table: 'timer' },
    ...messagingHoldings,
  ],
};
