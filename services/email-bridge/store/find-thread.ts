import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** Whether the message is one that we sent or one that we were sent; of this customer, for anybody may name anything. */
const find = statement(
  'email.thread',
  `select e.thread_id from email e where e.customer_id = $1 and e.id in (
     select m.email_id from message m where m.customer_id = $1 and m.message_id = $2
     union all select r.email_id from reply r where r.customer_id = $1 and r.message_id = $2)
   order by e.created_at limit 1`,
);

/** The thread that a message is part of; null when it is none of ours. */
export async function findThread(tx: Tx, customerId: string, messageId: string): Promise<string | null> {
  const [row] = await tx.run<{ thread_id: string }>(find, [customerId, messageId]);
  return row?.thread_id ?? null;
}
