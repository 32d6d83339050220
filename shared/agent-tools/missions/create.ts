import { priorities } from '@missions/contracts/mission/vocabulary.ts';
import { Type } from 'typebox';
import { conversation, dueAt, flag, object, oneOf, optionalText, text } from '../fields.ts';
import { lines } from '../rendering/lines.ts';
import { missionHead } from '../rendering/mission.ts';
import { nextSteps } from '../rendering/next.ts';
import { taskLines } from '../rendering/tasks.ts';
import { bodyOf, PlannedTask } from '../tasks/new-task.ts';
import { tool } from '../tool.ts';

export const createMission = tool({
  name: 'mission_create',
  title: 'Create a mission',
  description:
    'Begin durable work that takes several steps, waits for somebody, or outlives this conversation. Give the whole plan as tasks when you know it. Look with mission_list first: do not create a second mission for the same goal.',
  parameters: object({
    title: text('the goal, in the words of the user'),
    description: optionalText(),
    priority: Type.Optional(oneOf(priorities)),
    due_at: dueAt,
    tasks: Type.Optional(Type.Array(PlannedTask)),
    can_run_autonomously: flag('agents may work on it while the user is away; only if the user wants that'),
    ...conversation,
  }),
  effects: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  async run({ client, conversationId, write }, { tasks, due_at, conversation_id, ...fields }) {
    const mission = await client.createMission(
      {
        ...fields,
        conversation_id: conversationId ?? conversation_id ?? '',
        ...(due_at !== undefined && due_at !== '' && { due_at }),
        ...(tasks !== undefined && { tasks: tasks.map(bodyOf) }),
      },
      write,
    );
    const { blockers } = mission;
    return {
      text: lines(
        `Created. ${missionHead({ ...mission, description: '' })}`,
        taskLines(mission.tasks),
        nextSteps({ mission, tasks: mission.tasks, blockers }),
      ),
      data: mission,
    };
  },
});
