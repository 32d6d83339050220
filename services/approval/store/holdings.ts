import {
  messagingHoldings,
  OF_CUSTOMER,
  OWNED,
  type ServiceHoldings,
  tombstoneHolding,
} from '@missions/persistence/holdings/holdings.ts';

const NAMED_BY_OTHERS = `(customer_id = $1 and user_id <> $2
  and (assignees ? $2::text or escalate_to = $2 or response ->> 'responded_by' = $2))`;

/** What this service holds of a customer or a user. */
export const approvalHoldings: ServiceHoldings = {
  schema: 'approval',
  missions: `select distinct mission_id from input_request where ${OWNED} limit 100`,
  tables: [
    { table: 'input_request', erase: 'mission' },
    // Who may see the questions of others; the questions themselves stay.
    { table: 'input_person' },
    { table: 'input_answer', rows: OF_CUSTOMER },
    {
      table: 'input_answer',
      rows: '(customer_id = $1 and user_id = $2)',
      erase: 'keep',
      why: 'an answer to a question of somebody else is part of its record: only the id of who answered is kept',
    },
    {
      table: 'input_request',
      rows: NAMED_BY_OTHERS,
      erase: 'keep',
      hidden: ['task', 'prompt', 'options', 'context', 'action', 'edits', 'conversation_id'],
      why: 'a question of somebody else, which names the user: its texts are theirs, and only the id is kept',
    },
    { table: 'approval_rule' },
    { table: 'delegation', rows: `(${OWNED} or customer_id = $1 and to_user_id = $2)` },
    tombstoneHolding,
    ...messagingHoldings,
  ],
};
