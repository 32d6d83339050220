import {
  inOwned,
  messagingHoldings,
  OWNED,
  type ServiceHoldings,
  tombstoneHolding,
} from '@missions/persistence/holdings/holdings.ts';

const ofEmail = inOwned('email_id', 'email');
const tokens = { hidden: ['token'], why: 'secret parts of addresses: whoever knows one can answer there' };

/** What this service holds of a customer or a user. E-mails without a mission are erased as those of missions are. */
export const emailHoldings: ServiceHoldings = {
  schema: 'email_bridge',
  missions: `select distinct mission_id from (
      select mission_id from email where ${OWNED} union all select mission_id from notice where ${OWNED}) x
    where mission_id is not null limit 100`,
  tables: [
    { table: 'email', erase: 'mission', hidden: ['token', 'reply_to'], why: tokens.why },
    { table: 'message', rows: ofEmail, erase: 'mission' },
    { table: 'reply', rows: ofEmail, erase: 'mission' },
    { table: 'reply_address', rows: ofEmail, erase: 'mission', ...tokens },
    { table: 'notice', ...tokens, hidden: ['token', 'headers', 'body_text', 'body_html'] },
    tombstoneHolding,
    ...messagingHoldings,
  ],
};
