import {
  messagingHoldings,
  OF_CUSTOMER,
  OWNED,
  type ServiceHoldings,
  tombstoneHolding,
} from '@missions/persistence/holdings/holdings.ts';

/** What this service holds of a customer or a user. */
export const notifierHoldings: ServiceHoldings = {
  schema: 'notifier',
  missions: `select distinct mission_id from subject where ${OWNED} and id not like '%:%:%' limit 100`,
  tables: [
    { table: 'person' },
    { table: 'address_code', hidden: ['hash'], why: 'opens an address' },
    { table: 'device', hidden: ['endpoint', 'p256dh', 'auth'], why: 'whoever has them can send to the device' },
    { table: 'subject' },
    { table: 'notice' },
    { table: 'action_link', hidden: ['hash'], why: 'opens a question' },
    { table: 'webhook_delivery', rows: OF_CUSTOMER },
    { table: 'webhook', rows: OF_CUSTOMER, hidden: ['secret', 'former_secret'], why: 'signs what is sent' },
    tombstoneHolding,
    ...messagingHoldings,
  ],
};
