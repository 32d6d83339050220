import {
  inOwned,
  messagingHoldings,
  OF_CUSTOMER,
  OWNED,
  type ServiceHoldings,
  tombstoneHolding,
} from '@missions/persistence/holdings/holdings.ts';

const ofMission = inOwned('mission_id', 'mission');

/** What this service holds of a customer or a user. Everything of a mission is erased with it (`erase-mission.ts`). */
export const missionHoldings: ServiceHoldings = {
  schema: 'mission',
  missions: `select id as mission_id from mission where ${OWNED} order by id limit 100`,
  tables: [
    { table: 'mission', erase: 'mission', hidden: ['search'], why: 'the words of the other columns, to find them' },
    { table: 'task', rows: ofMission, erase: 'mission' },
    { table: 'mission_event', rows: ofMission, erase: 'mission' },
    { table: 'blocker', rows: ofMission, erase: 'mission' },
    { table: 'delivery', rows: ofMission, erase: 'mission' },
    // Those of questions on the missions of others, too.
    { table: 'inbox_item' },
    { table: 'inbox_mark' },
    { table: 'signal' },
    {
      table: 'mail_day',
      rows: "(customer_id = $1 and ($2::text is null or (scope = 'user' and name = $2)))",
    },
    { table: 'mail_follow_up', rows: OF_CUSTOMER },
    { table: 'customer_quota', rows: OF_CUSTOMER },
    tombstoneHolding,
    ...messagingHoldings,
  ],
};
