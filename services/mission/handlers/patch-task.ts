import { patchTask } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { statusOf } from '../domain/state.ts';
import { readTask } from '../store/read-task.ts';
import { change, type Context } from './change.ts';

export const patchTaskEndpoint = (context: Context) =>
  endpoint(patchTask, (message) => {
    const { mission_id, task_id, patch, if_match } = message.input;
    return change(context, message, { mission_id, if_match, command: { type: 'PatchTask', task_id, patch } }, async (tx, { mission }) => {
      const task = await readTask(tx, message.caller.customer_id, mission_id, task_id);
      const { id, phase, version } = mission;
      return JSON.stringify({ ...task, mission: { id, status: statusOf(mission), phase, version } });
    });
  });
