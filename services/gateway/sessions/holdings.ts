import { OF_CUSTOMER, type ServiceHoldings } from '@missions/persistence/holdings/holdings.ts';

/** A key of several users loses one of them; a key of that user alone ends, and does not become a key of everybody. */
const takeFromKeys = `update agent_key set users = users - $2::text,
         revoked_at = case when users - $2::text = '[]' then coalesce(revoked_at, now()) else revoked_at end
   where customer_id = $1 and users ? $2::text`;

/** What the gateway holds of a customer or a user. */
export const gatewayHoldings: ServiceHoldings = {
  schema: 'gateway',
  tables: [
    { table: 'user_session', hidden: ['hash', 'provider_sid'], why: 'secrets of the sign-in' },
    { table: 'sign_in_code', hidden: ['hash'], why: 'signs its user in' },
    { table: 'user_profile' },
    {
      table: 'agent_key',
      rows: '(customer_id = $1 and users ? $2::text)',
      erase: { sql: takeFromKeys },
      hidden: ['hash'],
      why: 'opens the API',
    },
    { table: 'agent_key', rows: OF_CUSTOMER, hidden: ['hash'], why: 'opens the API' },
  ],
};
