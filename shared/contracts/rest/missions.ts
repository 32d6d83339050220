import { type Static, Type } from 'typebox';
import { chosenByMember } from '../discriminated-body.ts';
import { closed, Identifier } from '../fields.ts';
import {
  EventFilter,
  MissionFilter,
  MissionPatch,
  NewEvent,
  NewMission,
  NewSignal,
  NewTask,
  NewTasks,
  ResumeBody,
  TaskPatch,
} from '../mission/bodies.ts';
import {
  ChangedTask,
  EventPage,
  MissionDetail,
  MissionEvent,
  MissionPage,
  ReceivedSignal,
  ResumeBundle,
  Task,
  TaskList,
} from '../mission/representation.ts';
import { operation } from './operation.ts';

/** The agents' side of missions: `/api/internal/missions` (specification section 5). */
const missions = '/api/internal/missions';
const one = `${missions}/{mission_id}`;
const tag = 'missions';

const agent = { agent_id: Type.Optional(Identifier) };

/** A resource read by its id needs the customer only, and must be this user's when one is named. */
const OfUser = Type.Object({ user_id: Type.Optional(Identifier) }, closed);

const NewMissionBody = Type.Object({ ...NewMission.properties, user_id: Identifier, ...agent }, closed);
const NewEventBody = Type.Object({ ...NewEvent.properties, ...agent }, closed);
const ResumeRequest = Type.Object(
  { conversation_id: Type.Optional(ResumeBody.properties.conversation_id), ...agent },
  closed,
);

/** In a query a list is comma-separated: `status=active,waiting`. The gateway splits it before this schema sees it. */
const MissionQuery = Type.Object({ ...MissionFilter.properties, user_id: Identifier }, closed);

export const createMission = operation({
  id: 'createMission',
  method: 'post',
  path: missions,
  tag,
  summary: 'Create a mission, with its whole plan when you have one',
  description:
    'Give the plan along: tasks may name each other by `ref`, also forward, and what they wait for by `wait_for`. All of it is created, or nothing.',
  body: NewMissionBody,
  answer: MissionDetail,
  status: 201,
  refusals: ['CIRCULAR_DEPENDENCY', 'INVALID_DEPENDENCY'],
  etag: true,
});

export const listMissions = operation({
  id: 'listMissions',
  method: 'get',
  path: missions,
  tag,
  summary: "List the user's missions, from all conversations",
  description:
    '`blockers` say of each what it waits for, since when, and until when. Tasks and newest events come when asked for.',
  query: MissionQuery,
  answer: MissionPage,
  status: 200,
  refusals: [],
});

export const getMission = operation({
  id: 'getMission',
  method: 'get',
  path: one,
  tag,
  summary: 'Read a mission with its tasks, newest events and open blockers',
  query: Type.Object(
    {
      ...OfUser.properties,
      include_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50, description: 'default 5' })),
    },
    closed,
  ),
  answer: MissionDetail,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
  etag: true,
});

export const updateMission = operation({
  id: 'updateMission',
  method: 'patch',
  path: one,
  tag,
  summary: 'Change fields of a mission, or move it: pause, unpause, block, execute, replan, complete, fail, cancel',
  description:
    'One step at a time: `status` is a command (`paused`, `active`, `completed`, `cancelled`, `failed`, or `waiting` with `blocked_by`), `phase` another (`executing`, `planning`). A step that is not allowed from here is refused and says what is.',
  body: MissionPatch,
  query: OfUser,
  answer: MissionDetail,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED', 'VERSION_MISMATCH'],
  etag: true,
  conditional: true,
});

export const addMissionTask = operation({
  id: 'addMissionTask',
  method: 'post',
  path: `${one}/tasks`,
  tag,
  summary: 'Add one task, or a whole graph of them at once as {tasks: […]}',
  description:
    'The answer is the task, or `{tasks: […]}` in the order sent. `depends_on` takes ids of tasks of this mission and `ref`s of this call.',
  body: chosenByMember('tasks', NewTasks, NewTask),
  query: OfUser,
  answer: Type.Union([Task, TaskList]),
  status: 201,
  refusals: ['MISSION_NOT_FOUND', 'MISSION_CLOSED', 'CIRCULAR_DEPENDENCY', 'INVALID_DEPENDENCY'],
});

export const updateMissionTask = operation({
  id: 'updateMissionTask',
  method: 'patch',
  path: `${one}/tasks/{task_id}`,
  tag,
  summary: 'Change a task: start it, complete it, let it wait, retry it',
  description:
    '`result` is merged by its top-level keys. `blocked_by` as `kind:reference` opens a wait, other text a manual one, and `""` ends what may be ended by hand. `ready` on a failed task is a retry. The answer says how the mission stands after it.',
  body: TaskPatch,
  query: OfUser,
  answer: ChangedTask,
  status: 200,
  refusals: [
    'MISSION_NOT_FOUND',
    'TASK_NOT_FOUND',
    'INVALID_TRANSITION',
    'MISSION_CLOSED',
    'CIRCULAR_DEPENDENCY',
    'INVALID_DEPENDENCY',
    'VERSION_MISMATCH',
  ],
  conditional: true,
});

export const logMissionEvent = operation({
  id: 'logMissionEvent',
  method: 'post',
  path: `${one}/events`,
  tag,
  summary: 'Log a message, a note or something that happened outside',
  description:
    'For what people and agents say and for what happens outside; everything else the system writes itself, so that the history can be believed.',
  body: NewEventBody,
  query: OfUser,
  answer: MissionEvent,
  status: 201,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND'],
});

export const listMissionEvents = operation({
  id: 'listMissionEvents',
  method: 'get',
  path: `${one}/events`,
  tag,
  summary: 'Read the history, oldest first unless asked otherwise',
  query: Type.Object({ ...OfUser.properties, ...EventFilter.properties }, closed),
  answer: EventPage,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
});

export const resumeMission = operation({
  id: 'resumeMission',
  method: 'post',
  path: `${one}/resume`,
  tag,
  summary: 'Continue a mission in this conversation, with its full context in one answer',
  description:
    'Lifts an agent’s own pause and logs `resumed`; on a mission that has ended it only reads. `brief` is made for a model’s prompt. With `since`, it tells what changed after that.',
  body: ResumeRequest,
  query: Type.Object(
    {
      ...OfUser.properties,
      since: Type.Optional(
        Type.Integer({ minimum: 0, description: 'a sequence of the history: the answer says what changed after it' }),
      ),
    },
    closed,
  ),
  answer: ResumeBundle,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
});

export const sendSignal = operation({
  id: 'sendSignal',
  method: 'post',
  path: '/api/internal/signals',
  tag: 'signals',
  summary:
    'Say that something happened outside: frees every wait of the customer with this kind and reference, now or later',
  description:
    'It is kept for 30 days, so it may come before anything waits for it. The same `id` again is the same signal.',
  body: NewSignal,
  answer: ReceivedSignal,
  status: 202,
  refusals: [],
});

export const missionOperations = [
  createMission,
  listMissions,
  getMission,
  updateMission,
  addMissionTask,
  updateMissionTask,
  logMissionEvent,
  listMissionEvents,
  resumeMission,
  sendSignal,
] as const;

export type MissionQuery = Static<typeof MissionQuery>;
