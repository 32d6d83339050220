import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import { addTask, addTasks } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import type { Caller, Idempotency, RunClaim } from '@missions/contracts/request.ts';
import { executeCommand, type Executed, type Context } from '../commands/execute-command.ts';

export const addTaskEndpoint = (context: Context) =>
  endpoint(addTask, ({ input, ...message }) =>
    add(context, message, input.mission_id, [input.task], ([task]) => JSON.stringify(task)),
  );

/** All or nothing; answered in the order sent. */
export const addTasksEndpoint = (context: Context) =>
  endpoint(addTasks, ({ input, ...message }) =>
    add(context, message, input.mission_id, input.tasks, (tasks) => JSON.stringify({ tasks })),
  );

function add(
  context: Context,
  message: { caller: Caller; idempotency?: Idempotency; run?: RunClaim },
  mission_id: string,
  tasks: readonly NewTask[],
  show: (tasks: unknown[]) => string,
) {
  // The domain asks for one id per task, in the order sent, before it asks for any other.
  const ids: string[] = [];
  const newId = (): string => {
    const id = context.newId();
    if (ids.length < tasks.length) ids.push(id);
    return id;
  };
  return executeCommand(
    { ...context, newId },
    message,
    { mission_id, command: { type: 'AddTasks', tasks } },
    async (_tx, { saved }: Executed) => {
      const written = JSON.parse(saved?.tasks ?? '{}') as Record<string, unknown>;
      return show(ids.map((id) => written[id]));
    },
  );
}
