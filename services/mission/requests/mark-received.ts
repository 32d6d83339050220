import { markReceived } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';
import { changedTask } from './patch-task.ts';

/** The user says that what a task waits for outside has come. */
export const markReceivedEndpoint = (context: Context) =>
  endpoint(markReceived, (message) => {
    const { mission_id, task_id } = message.input;
    return executeCommand(
      context,
      message,
      { mission_id, command: { type: 'MarkReceived', task_id } },
      (tx, { mission }) => changedTask(tx, mission, task_id),
    );
  });
