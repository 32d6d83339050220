import { Problem } from '@missions/contracts/errors.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { taskJson } from './json.ts';

const read = statement(
  'mission.read_task',
  `select ${taskJson('t')} as task from task t where t.id = $1 and t.mission_id = $2 and t.customer_id = $3`,
);

/** A task as callers are shown it. @throws {Problem} `TASK_NOT_FOUND` */
export async function readTask(
  tx: Tx,
  customerId: string,
  missionId: string,
  taskId: string,
): Promise<Record<string, unknown>> {
  const [row] = await tx.run<{ task: Record<string, unknown> }>(read, [taskId, missionId, customerId]);
  if (!row) throw new Problem('TASK_NOT_FOUND', `This mission has no task ${taskId}.`);
  return row.task;
}
