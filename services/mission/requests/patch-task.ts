import { patchTask } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { type Mission, statusOf } from '../domain/state.ts';
import { readTask } from '../store/read-task.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';

export const patchTaskEndpoint = (context: Context) =>
  endpoint(patchTask, (message) => {
    const { mission_id, task_id, patch, if_match } = message.input;
    return executeCommand(
      context,
      message,
      { mission_id, if_match, command: { type: 'PatchTask', task_id, patch } },
      (tx, { mission }) => changedTask(tx, mission, task_id),
    );
  });

/** The task, and how its mission stands after the change, so that an agent need not ask again (specification section 5 "Shapes"). */
export async function changedTask(tx: Tx, mission: Mission, taskId: string): Promise<string> {
  const { id, customer_id, phase, version } = mission;
  const task = await readTask(tx, customer_id, id, taskId);
  return JSON.stringify({ ...task, mission: { id, status: statusOf(mission), phase, version } });
}
