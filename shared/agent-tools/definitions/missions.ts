import type { EmailOfMission } from '@missions/contracts/email/email.ts';
import {
  loggableEventTypes,
  type MissionStatus,
  missionStatuses,
  outcomes,
  priorities,
} from '@missions/contracts/mission/vocabulary.ts';
import { Type } from 'typebox';
import { repliesFirst, emailLine, replyText } from '../rendering/emails.ts';
import { inputRequestsOf, inputRequestText } from '../rendering/input-requests.ts';
import { lines } from '../rendering/lines.ts';
import {
  historyLines,
  missionChanged,
  missionDetail,
  missionHead,
  missionList,
  nextSteps,
  waitLines,
} from '../rendering/mission.ts';
import { resultLines, taskLines } from '../rendering/tasks.ts';
import { tool } from '../tool.ts';
import { anyObject, conversation, dueAt, flag, missionId, object, oneOf, optionalText, text } from './fields.ts';
import { bodyOf, PlannedTask } from './tasks.ts';

const openStatuses: MissionStatus[] = ['active', 'waiting', 'paused'];
const MAX_LIMIT = 50;

export const listMissions = tool({
  name: 'mission_list',
  title: 'List missions',
  description:
    "The user's missions from all conversations, with tasks and waits. Use it first whenever the user " +
    'asks about tasks or missions, or refers to earlier work.',
  parameters: object({
    status: Type.Optional(Type.Array(oneOf(missionStatuses), { description: 'default: open ones' })),
    q: optionalText('words to find'),
    needs_attention: flag('with a pending question or a failure'),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, description: 'default 20' })),
    cursor: optionalText(),
  }),
  scope: 'missions',
  effects: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  async run({ client, signal }, { status, limit = 20, ...filter }) {
    const statuses = status && status.length > 0 ? status : openStatuses;
    const page = await client.listMissions(
      { ...filter, status: statuses, limit, include_tasks: true },
      { ...(signal && { signal }) },
    );
    return { text: page.missions.length > 0 ? missionList(page) : noMissions(statuses, filter), data: page };
  },
});

function noMissions(status: readonly string[], filter: { q?: string; needs_attention?: boolean }): string {
  const filtered = filter.q !== undefined || filter.needs_attention !== undefined ? ' that fit' : '';
  const others = missionStatuses.filter((one) => !status.includes(one));
  const elsewhere = others.length > 0 ? ` Others may have ended: status ${JSON.stringify(others)} shows them.` : '';
  return `The user has no missions with status ${status.join(', ')}${filtered}.${elsewhere} mission_create begins a new one.`;
}

export const getMission = tool({
  name: 'mission_get',
  title: 'Look at a mission',
  description:
    'One mission as it stands: tasks with results, waits, questions, newest history. Only reads; to continue one use mission_resume.',
  parameters: object({
    mission_id: missionId,
    recent_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50, description: 'default 5' })),
  }),
  scope: 'missions',
  effects: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  async run({ client, signal }, { mission_id, recent_events = 5 }) {
    const mission = await client.getMission(
      mission_id,
      { include_events: recent_events },
      { ...(signal && { signal }) },
    );
    return { text: missionDetail(mission), data: mission };
  },
});

export const createMission = tool({
  name: 'mission_create',
  title: 'Create a mission',
  description:
    'Start durable work that takes several steps, waits for somebody, or outlives this conversation. Give ' +
    'the whole plan as tasks. Look with mission_list first: no second mission for one goal.',
  parameters: object({
    title: text('the goal, in the words of the user'),
    description: optionalText(),
    priority: Type.Optional(oneOf(priorities)),
    due_at: dueAt,
    tasks: Type.Optional(Type.Array(PlannedTask)),
    can_run_autonomously: flag('agents work on it while the user is away; asks the user'),
    ...conversation,
  }),
  scope: 'missions',
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
        ...inputRequestsOf(mission.input_requests).map(inputRequestText),
        nextSteps({ mission, tasks: mission.tasks, blockers }),
      ),
      data: mission,
    };
  },
});

export const updateMission = tool({
  name: 'mission_update',
  title: 'Change a mission',
  description:
    'Change goal, priority or due date of a mission, pause it, unpause it (active), let it wait, plan it ' +
    'again (phase planning), cancel it. To finish it use mission_complete; for tasks mission_update_task.',
  parameters: object({
    mission_id: missionId,
    status: Type.Optional(oneOf(missionStatuses, 'waiting with blocked_by')),
    phase: Type.Optional(oneOf(['planning', 'executing'])),
    title: optionalText(),
    description: optionalText(),
    priority: Type.Optional(oneOf(priorities)),
    due_at: optionalText('RFC 3339; "" removes it'),
    summary: optionalText('what was accomplished'),
    blocked_by: optionalText('kind:reference, or text; "" ends the wait'),
    blocked_reason: optionalText(),
    can_run_autonomously: Type.Optional(Type.Boolean()),
    details: anyObject('structured results'),
    metadata: anyObject('replaces the old metadata'),
  }),
  unoffered: ['metadata', 'details', 'summary', 'blocked_reason'],
  scope: 'missions',
  effects: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  async run({ client, write: { signal, run } }, { mission_id, due_at, ...patch }) {
    const due = due_at === undefined ? {} : { due_at: due_at === '' ? null : due_at };
    const mission = await client.updateMission(
      mission_id,
      { ...patch, ...due },
      { ...(signal && { signal }), ...(run && { run }) },
    );
    return { text: missionChanged('Changed', mission), data: mission };
  },
});

export const logEvent = tool({
  name: 'mission_log_event',
  title: 'Log to a mission',
  description:
    'Write into the history of a mission what the next conversation must know. Changes of tasks and status are logged by themselves.',
  parameters: object({
    mission_id: missionId,
    event_type: oneOf(loggableEventTypes),
    content: text(),
    title: optionalText(),
    task_id: optionalText(),
    ...conversation,
  }),
  unoffered: ['title'],
  scope: 'missions',
  effects: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  async run({ client, conversationId, write }, { mission_id, conversation_id, ...event }) {
    const logged = await client.logMissionEvent(
      mission_id,
      { ...event, conversation_id: conversationId ?? conversation_id ?? '' },
      write,
    );
    return { text: `Logged as entry ${logged.sequence} of the mission's history.`, data: logged };
  },
});

const MAX_EMAILS = 10;
const MAX_REPLIES = 5;

export const resumeMission = tool({
  name: 'mission_resume',
  title: 'Continue a mission',
  description:
    'All about a mission in one answer (tasks, waits, questions and answers, e-mails and replies, ' +
    'history) and what can be done next. Call it before you work on a mission started elsewhere.',
  parameters: object({ mission_id: missionId, ...conversation }),
  scope: 'missions',
  effects: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  async run({ client, conversationId, write }, { mission_id, conversation_id }) {
    const bundle = await client.resumeMission(
      mission_id,
      { conversation_id: conversationId ?? conversation_id ?? '' },
      {},
      write,
    );
    const { mission, tasks, blockers, input_requests, recent_events } = bundle;
    const emails = bundle.emails as readonly EmailOfMission[];
    const missing = bundle.missing?.map((part) =>
      part === 'emails' ? 'e-mails and replies' : 'questions and answers',
    );
    const text = lines(
      missionHead(mission),
      missing &&
        `Could not be read just now: ${missing.join(', ')}. Call mission_resume again before you rely on what is not shown.`,
      taskLines(tasks),
      waitLines(blockers),
      ...inputRequestsOf(input_requests).map(inputRequestText),
      ...emails.slice(0, MAX_EMAILS).flatMap((email) => [
        emailLine(email),
        ...repliesFirst(email.replies)
          .slice(0, MAX_REPLIES)
          .map((reply) => replyText(reply, 500)),
      ]),
      resultLines(tasks),
      historyLines(recent_events),
      nextSteps({ mission, tasks, blockers }),
    );
    return { text, data: bundle };
  },
});

export const completeMission = tool({
  name: 'mission_complete',
  title: 'End a mission',
  description:
    'End a mission when its goal is reached, or cannot be (outcome failed or cancelled). Final. Left ' +
    'untouched by its user, it ends by itself (default: after 10 days).',
  parameters: object({
    mission_id: missionId,
    summary: text('what was accomplished, for the user'),
    outcome: Type.Optional(oneOf(outcomes, 'default success')),
    details: anyObject('structured results'),
  }),
  unoffered: ['details'],
  scope: 'missions',
  effects: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  async run({ client, write: { signal, run } }, { mission_id, outcome, ...fields }) {
    const status: 'failed' | 'cancelled' | 'completed' =
      outcome === 'failed' || outcome === 'cancelled' ? outcome : 'completed';
    const patch = { ...fields, status, ...(outcome !== undefined && status === 'completed' && { outcome }) };
    const mission = await client.updateMission(mission_id, patch, { ...(signal && { signal }), ...(run && { run }) });
    return {
      text: `Ended. ${missionHead({ ...mission, description: '', summary: '', details: {} })}\nNext: tell the user what was accomplished.`,
      data: mission,
    };
  },
});
