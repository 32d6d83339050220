import { taskStatuses } from '@missions/contracts/mission/vocabulary.ts';
import { Type } from 'typebox';
import { anyObject, missionId, object, oneOf, optionalText, taskId, texts } from '../fields.ts';
import { taskLine } from '../rendering/tasks.ts';
import { tool } from '../tool.ts';

export const updateTask = tool({
  name: 'mission_update_task',
  title: 'Change a task',
  description:
    'Record progress on a task: in_progress when you start it, completed with its result, failed with its error, skipped when it is not needed, ready to retry a failed one, waiting_external or blocked with blocked_by. A task that waits for the user cannot be completed for them.',
  parameters: object({
    mission_id: missionId,
    task_id: taskId,
    status: Type.Optional(oneOf(taskStatuses.filter((status) => status !== 'pending' && status !== 'waiting_human'))),
    result: anyObject('what came of it; merged into what is there'),
    error: optionalText('why it failed'),
    title: optionalText(),
    description: optionalText(),
    depends_on: Type.Optional(texts('task ids; only before it starts')),
    blocked_by: optionalText('kind:reference, or plain text; "" ends a wait by hand'),
    blocked_reason: optionalText(),
  }),
  effects: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  async run({ client, write: { signal, run } }, { mission_id, task_id, ...patch }) {
    const task = await client.updateMissionTask(mission_id, task_id, patch, {
      ...(signal && { signal }),
      ...(run && { run }),
    });
    const { status, phase } = task.mission;
    const line = taskLine(task, [task]).replace(/^#1 /, '');
    const next =
      task.status === 'completed' || task.status === 'skipped'
        ? 'Next: mission_get shows what became ready; mission_complete when all is done.'
        : '';
    return {
      text: `Task ${line}. The mission is ${status}${phase === status ? '' : ` (${phase})`}.${next && `\n${next}`}`,
      data: task,
    };
  },
});
