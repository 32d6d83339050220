import { Problem } from '@missions/contracts/errors.ts';
import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import {
  addTask,
  addTasks,
  claimTask,
  markReceived,
  patchTask,
  releaseTask,
  retryTask,
} from '@missions/contracts/mission/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { type CallOptions, type Context, executeCommand, type ExecutionResult } from '../commands/execute-command.ts';
import { type Mission, statusOf } from '../domain/state.ts';
import { readTask } from '../store/read-mission.ts';
import { withQuestions } from './questions.ts';

export const taskEndpoints = (context: Context): Endpoint[] => [
  endpoint(addTask, ({ input: { mission_id, task }, ...call }) =>
    add(context, call, mission_id, [task], ([added]) => JSON.stringify(added)),
  ),

  /** All of the tasks or none; returned in the order sent. */
  endpoint(addTasks, ({ input: { mission_id, tasks }, ...call }) =>
    add(context, call, mission_id, tasks, (added) => JSON.stringify({ tasks: added })),
  ),

  endpoint(patchTask, ({ input: { mission_id, task_id, patch, if_match }, ...call }) =>
    executeCommand(
      context,
      call,
      { mission_id, if_match, command: { type: 'PatchTask', task_id, patch } },
      async (tx, executed) => withQuestions(await changedTask(tx, executed.mission, task_id), executed),
    ),
  ),

  endpoint(claimTask, ({ input: { mission_id, task_id, conversation_id, minutes }, ...call }) => {
    const command = { type: 'ClaimTask', task_id, ...(minutes !== undefined && { minutes }) } as const;
    return executeCommand(context, call, { mission_id, conversation_id, command }, (tx, { mission }) =>
      changedTask(tx, mission, task_id),
    );
  }),

  endpoint(releaseTask, ({ input: { mission_id, task_id, conversation_id }, ...call }) =>
    executeCommand(
      context,
      call,
      { mission_id, conversation_id, command: { type: 'ReleaseTask', task_id } },
      (tx, { mission }) => changedTask(tx, mission, task_id),
    ),
  ),

  endpoint(retryTask, ({ input: { mission_id, task_id }, ...call }) =>
    executeCommand(context, call, { mission_id, command: { type: 'RetryTask', task_id } }, (tx, { mission }) =>
      changedTask(tx, mission, task_id),
    ),
  ),

  /** The user reports that something which a task waits for has come outside of the product. */
  endpoint(markReceived, ({ input: { mission_id, task_id }, ...call }) =>
    executeCommand(context, call, { mission_id, command: { type: 'MarkReceived', task_id } }, (tx, { mission }) =>
      changedTask(tx, mission, task_id),
    ),
  ),
];

function add(
  context: Context,
  call: CallOptions,
  mission_id: string,
  tasks: readonly NewTask[],
  represent: (added: unknown[]) => string,
): Promise<ExecutionResult> {
  // The domain takes one id for each task, in the order sent, before it takes any other id.
  const ids: string[] = [];
  const newId = (): string => {
    const id = context.newId();
    if (ids.length < tasks.length) ids.push(id);
    return id;
  };
  const options = { mission_id, command: { type: 'AddTasks', tasks } } as const;
  return executeCommand({ ...context, newId }, call, options, async (_tx, { rows }) => {
    const written = JSON.parse(rows?.tasks ?? '{}') as Record<string, unknown>;
    return represent(ids.map((id) => written[id]));
  });
}

/**
 * The task, and the state of its mission after the change, so that an agent need not ask again (specification section 5
 * "Shapes").
 */
async function changedTask(tx: Tx, mission: Mission, taskId: string): Promise<string> {
  const { id, customer_id, phase, version } = mission;
  const task = await readTask(tx, customer_id, id, taskId);
  if (!task) throw new Problem('TASK_NOT_FOUND', `This mission has no task ${taskId}.`);
  return JSON.stringify({ ...task, mission: { id, status: statusOf(mission), phase, version } });
}
