import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** How a task reads after a change, and the mission's version of that change. */
export interface TaskChange {
  readonly customer_id: string;
  readonly mission_id: string;
  readonly task_id: string;
  readonly title: string;
  readonly description: string;
  readonly version: number;
  readonly changed_at: string;
}

/**
 * `as_of` is the mission's version of what is stored: that of the request at first, so that a change that was made
 * before the request, or that arrives after a later one, is left out. The text as it was asked stays as it is.
 */
const change = statement(
  'approval.task_change',
  `update input_request r
      set task = r.task || jsonb_build_object('as_of', $4::int, 'changed', $5::jsonb)
    where r.customer_id = $1 and r.mission_id = $2 and r.task_id = $3
      and r.task is not null and coalesce((r.task ->> 'as_of')::int, 0) < $4::int`,
);

/** Puts the change beside every request about the task, answered or not. */
export async function storeTaskChange(tx: Tx, of: TaskChange): Promise<void> {
  const { customer_id, mission_id, task_id, version, title, description, changed_at } = of;
  await tx.run(change, [customer_id, mission_id, task_id, version, JSON.stringify({ title, description, changed_at })]);
}
