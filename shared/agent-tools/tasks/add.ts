import { MissionsError } from '@missions/client/missions-error.ts';
import { Type } from 'typebox';
import { missionId, object, oneOf, optionalText, text } from '../fields.ts';
import { taskLine } from '../rendering/tasks.ts';
import { tool } from '../tool.ts';
import { awaited, bodyOf, newTask, type PlannedTask } from './new-task.ts';

const { title: _title, ...others } = newTask;
/** The same once more, without the words that stand beside it already. */
const AnotherTask = object({
  title: text(),
  description: optionalText(),
  ref: optionalText(),
  depends_on: Type.Optional(Type.Array(Type.String())),
  wait_for: Type.Optional(
    object({
      kind: oneOf(awaited),
      reference: optionalText(),
      timeout_hours: Type.Optional(Type.Number()),
      reason: optionalText(),
    }),
  ),
});

export const addTask = tool({
  name: 'mission_add_task',
  title: 'Add tasks to a mission',
  description: 'Add one step to a mission (title), or several at once that may depend on each other (tasks).',
  parameters: object({
    mission_id: missionId,
    title: optionalText('of one task'),
    ...others,
    tasks: Type.Optional(
      Type.Array(AnotherTask, { description: 'instead of title: several tasks, each with these fields' }),
    ),
  }),
  effects: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  async run({ client, write }, { mission_id, tasks, title, ...rest }) {
    if ((title === undefined) === (tasks === undefined || tasks.length === 0)) throw oneOrMany();
    const planned: readonly PlannedTask[] = title === undefined ? (tasks ?? []) : [{ title, ...rest }];
    const added = await client.addMissionTasks(mission_id, planned.map(bodyOf), write);
    return {
      text: `Added:\n${added.map((task) => taskLine(task, added)).join('\n')}\nNext: mission_update_task starts one that is ready.`,
      data: added,
    };
  },
});

const oneOrMany = (): MissionsError => {
  const errors = [{ path: 'title', message: 'give title for one task, or tasks for several, and not both' }];
  return new MissionsError({ code: 'VALIDATION_FAILED', detail: 'title or tasks', attempts: 0, problem: { errors } });
};
