import { MissionsError } from '@missions/client/missions-error.ts';
import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import { blockerKinds, taskStatuses } from '@missions/contracts/mission/vocabulary.ts';
import { type Static, Type } from 'typebox';
import { taskLine } from '../rendering/tasks.ts';
import { tool } from '../tool.ts';
import { anyObject, hours, missionId, object, oneOf, optionalText, taskId, text, texts } from './fields.ts';

/** Kinds of outside events that a task may wait for. Waiting for the user is left to mission_ask_user. */
const waitKinds = blockerKinds.filter((kind) => kind !== 'human_input');

/** Fields of a task in a plan. */
const newTask = {
  title: text('what is to be done'),
  description: optionalText(),
  ref: optionalText('a name for depends_on'),
  depends_on: Type.Optional(texts('task ids or refs')),
  wait_for: Type.Optional(
    Type.Object(
      {
        kind: oneOf(waitKinds),
        reference: optionalText('id of the thing or mission, or the time'),
        timeout_hours: hours('default 24'),
        reason: optionalText(),
      },
      { additionalProperties: false, description: 'it only waits for something outside' },
    ),
  ),
};
export const PlannedTask = object(newTask);
export type PlannedTask = Static<typeof PlannedTask>;

export const bodyOf = ({ title, description, ref, depends_on, wait_for }: PlannedTask): NewTask => ({
  title,
  ...(description !== undefined && { description }),
  ...(ref !== undefined && { ref }),
  ...(depends_on !== undefined && { depends_on }),
  ...(wait_for !== undefined && { wait_for: waitOf(wait_for) }),
});

/** A model names a time as it names any other thing: by the reference. */
function waitOf({ kind, reference, ...rest }: NonNullable<PlannedTask['wait_for']>): NonNullable<NewTask['wait_for']> {
  if (kind !== 'time' || reference === undefined)
    return { kind, ...(reference !== undefined && { reference }), ...rest };
  const { timeout_hours: _endsByItself, ...words } = rest;
  return { kind, until: reference, ...words };
}

const { title: _title, ...others } = newTask;
/** The kinds of waits are listed once, where a plan is made. */
const AddedTask = object({
  ...newTask,
  title: text(),
  ref: optionalText(),
  wait_for: Type.Optional(
    object({
      kind: text('as in mission_create'),
      reference: optionalText(),
      timeout_hours: Type.Optional(Type.Number()),
      reason: optionalText(),
    }),
  ),
});

export const addTask = tool({
  name: 'mission_add_task',
  title: 'Add tasks to a mission',
  description: 'Add one step or several to a mission; they may depend on each other.',
  parameters: object({
    mission_id: missionId,
    title: optionalText(),
    ...others,
    tasks: Type.Optional(Type.Array(AddedTask)),
  }),
  unoffered: ['title', ...Object.keys(others)],
  scope: 'missions',
  effects: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  async run({ client, write }, { mission_id, tasks, title, ...rest }) {
    if ((title === undefined) === (tasks === undefined || tasks.length === 0)) throw invalidTitle();
    const planned = (title === undefined ? (tasks ?? []) : [{ title, ...rest }]) as readonly PlannedTask[];
    const added = await client.addMissionTasks(mission_id, planned.map(bodyOf), write);
    return {
      text: `Added:\n${added.map((task) => taskLine(task, added)).join('\n')}\nNext: mission_update_task starts one that is ready.`,
      data: added,
    };
  },
});

const invalidTitle = (): MissionsError => {
  const errors = [{ path: 'title', message: 'give title for one task, or tasks for several, and not both' }];
  return new MissionsError({ code: 'VALIDATION_FAILED', detail: 'title or tasks', attempts: 0, problem: { errors } });
};

export const updateTask = tool({
  name: 'mission_update_task',
  title: 'Change a task',
  description:
    'Record progress on a task: in_progress when you start, completed with result, failed with error, ' +
    'skipped, ready to retry, waiting_external or blocked with blocked_by. What waits for the user cannot ' +
    'be completed for them.',
  parameters: object({
    mission_id: missionId,
    task_id: taskId,
    status: Type.Optional(oneOf(taskStatuses.filter((status) => status !== 'pending' && status !== 'waiting_human'))),
    result: anyObject('merged into the existing result'),
    error: optionalText(),
    title: optionalText(),
    description: optionalText(),
    depends_on: Type.Optional(texts('ids')),
    blocked_by: optionalText('as in mission_update'),
    blocked_reason: optionalText(),
  }),
  unoffered: ['blocked_reason', 'title', 'description'],
  scope: 'missions',
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
