import { Type } from 'typebox';
import { discriminatedBody } from '../discriminated-body.ts';
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
import { ClaimBody, ReleaseBody } from '../mission/claims.ts';
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

/** Missions for agents: `/api/internal/missions` (specification section 5). */
const missions = '/api/internal/missions';
const one = `${missions}/{mission_id}`;
const tag = 'missions';
const scope = 'missions';

const agent = { agent_id: Type.Optional(Identifier) };

/**
 * A resource read by its id needs only the customer. If the call names a user, the resource must belong to that user.
 */
const OfUser = Type.Object({ user_id: Type.Optional(Identifier) }, closed);

const NewMissionBody = Type.Object({ ...NewMission.properties, user_id: Identifier, ...agent }, closed);
const NewEventBody = Type.Object({ ...NewEvent.properties, ...agent }, closed);
const ResumeRequest = Type.Object(
  { conversation_id: Type.Optional(ResumeBody.properties.conversation_id), ...agent },
  closed,
);

/**
 * Lists in a query are comma-separated (`status=active,waiting`); the gateway splits them before it validates against
 * this schema.
 */
const MissionQuery = Type.Object({ ...MissionFilter.properties, user_id: Identifier }, closed);

export const createMission = operation({
  id: 'createMission',
  method: 'post',
  path: missions,
  tag,
  scope,
  summary: 'Create a mission, with its whole plan when you have one',
  description:
    'Send the plan with it: tasks may depend on each other by `ref`, in any order, and `wait_for` says ' +
    'what outside event a task waits for. Either everything is created or nothing.',
  body: NewMissionBody,
  response: MissionDetail,
  status: 201,
  refusals: ['CIRCULAR_DEPENDENCY', 'INVALID_DEPENDENCY', 'QUOTA_EXCEEDED'],
  etag: true,
});

export const listMissions = operation({
  id: 'listMissions',
  method: 'get',
  path: missions,
  tag,
  scope,
  summary: "List the user's missions, from all conversations",
  description:
    '`blockers` say what each mission waits for, since when and until when. Tasks and the newest events are included on request.',
  query: MissionQuery,
  response: MissionPage,
  status: 200,
  refusals: [],
});

export const getMission = operation({
  id: 'getMission',
  method: 'get',
  path: one,
  tag,
  scope,
  summary: 'Read a mission with its tasks, newest events and open blockers',
  query: Type.Object(
    {
      ...OfUser.properties,
      include_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50, description: 'default 5' })),
    },
    closed,
  ),
  response: MissionDetail,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
  etag: true,
});

export const updateMission = operation({
  id: 'updateMission',
  method: 'patch',
  path: one,
  tag,
  scope,
  summary: 'Change fields of a mission, or move it: pause, unpause, block, execute, replan, complete, fail, cancel',
  description:
    '`status` and `phase` are commands, one per call: `status` is `paused`, `active`, `completed`, ' +
    '`cancelled`, `failed`, or `waiting` with `blocked_by`; `phase` is `executing` or `planning`. A ' +
    'transition that is not allowed from the current state is refused, and the refusal lists the allowed ' +
    'ones.',
  body: MissionPatch,
  query: OfUser,
  response: MissionDetail,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED', 'VERSION_MISMATCH', 'QUOTA_EXCEEDED'],
  etag: true,
  conditional: true,
});

export const addMissionTask = operation({
  id: 'addMissionTask',
  method: 'post',
  path: `${one}/tasks`,
  tag,
  scope,
  summary: 'Add one task, or a whole graph of them at once as {tasks: […]}',
  description:
    'The response is the task, or `{tasks: […]}` in the order sent. `depends_on` takes ids of tasks of ' +
    'this mission and `ref`s of tasks in this call.',
  body: discriminatedBody('tasks', NewTasks, NewTask),
  query: OfUser,
  response: Type.Union([Task, TaskList]),
  status: 201,
  refusals: ['MISSION_NOT_FOUND', 'MISSION_CLOSED', 'CIRCULAR_DEPENDENCY', 'INVALID_DEPENDENCY', 'QUOTA_EXCEEDED'],
});

export const updateMissionTask = operation({
  id: 'updateMissionTask',
  method: 'patch',
  path: `${one}/tasks/{task_id}`,
  tag,
  scope,
  summary: 'Change a task: start, complete, block or retry it',
  description:
    '`result` is merged by its top-level keys. `blocked_by` with `kind:reference` opens a wait for that ' +
    'outside event; other text opens a manual wait; `""` ends the waits that may be ended by hand. ' +
    '`ready` retries a failed task. The response includes the status of the mission after the change.',
  body: TaskPatch,
  query: OfUser,
  response: ChangedTask,
  status: 200,
  refusals: [
    'MISSION_NOT_FOUND',
    'TASK_NOT_FOUND',
    'INVALID_TRANSITION',
    'MISSION_CLOSED',
    'CIRCULAR_DEPENDENCY',
    'INVALID_DEPENDENCY',
    'TASK_CLAIMED',
    'VERSION_MISMATCH',
    'QUOTA_EXCEEDED',
  ],
  conditional: true,
});

export const claimMissionTask = operation({
  id: 'claimMissionTask',
  method: 'post',
  path: `${one}/tasks/{task_id}/claim`,
  tag,
  scope,
  summary: 'Claim a task for this conversation, or extend the claim',
  description:
    'For agents that work in conversations, without a run. Another agent, and the same agent in another ' +
    'conversation, is refused with `TASK_CLAIMED`, whose member `claim` names who holds the task until ' +
    'when. Another agent cannot move a claimed task either. A claim ends with the task, at its time, or ' +
    'by `release`.',
  body: Type.Object({ ...ClaimBody.properties, agent_id: Type.Optional(Identifier) }, closed),
  query: OfUser,
  response: ChangedTask,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED', 'TASK_CLAIMED'],
});

export const releaseMissionTask = operation({
  id: 'releaseMissionTask',
  method: 'post',
  path: `${one}/tasks/{task_id}/release`,
  tag,
  scope,
  summary: 'Give a claimed task back; without a claim nothing changes',
  body: Type.Object({ ...ReleaseBody.properties, agent_id: Type.Optional(Identifier) }, closed),
  query: OfUser,
  response: ChangedTask,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'MISSION_CLOSED', 'TASK_CLAIMED'],
});

export const logMissionEvent = operation({
  id: 'logMissionEvent',
  method: 'post',
  path: `${one}/events`,
  tag,
  scope,
  summary: 'Log a message, a note or something that happened outside',
  description:
    'For messages of users and agents, for notes and for outside events. The system writes every other ' +
    'entry itself, so that the history can be trusted.',
  body: NewEventBody,
  query: OfUser,
  response: MissionEvent,
  status: 201,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'QUOTA_EXCEEDED'],
});

export const listMissionEvents = operation({
  id: 'listMissionEvents',
  method: 'get',
  path: `${one}/events`,
  tag,
  scope,
  summary: 'Read the history, oldest first unless asked otherwise',
  query: Type.Object({ ...OfUser.properties, ...EventFilter.properties }, closed),
  response: EventPage,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
});

export const resumeMission = operation({
  id: 'resumeMission',
  method: 'post',
  path: `${one}/resume`,
  tag,
  scope,
  summary: 'Continue a mission in this conversation, with its full context in one response',
  description:
    'Ends a pause that an agent set and logs `resumed`; a mission that has ended is only read. `brief` is ' +
    'a summary for a model’s prompt. With `since`, the response also contains the changes after that ' +
    'entry.',
  body: ResumeRequest,
  query: Type.Object(
    {
      ...OfUser.properties,
      since: Type.Optional(
        Type.Integer({
          minimum: 0,
          description: 'a sequence number of the history; the response contains the changes after it',
        }),
      ),
    },
    closed,
  ),
  response: ResumeBundle,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
});

export const sendSignal = operation({
  id: 'sendSignal',
  method: 'post',
  path: '/api/internal/signals',
  tag: 'signals',
  scope,
  summary:
    'Report an outside event: it ends every wait of the user for this kind and reference, open now or opened later',
  description:
    'The signal is stored for 30 days, so it may arrive before any task waits for it. In each mission it ' +
    'ends the waits that are open when it comes, or else those that open first; a later wait takes it ' +
    'again only with `accept_after`. A second signal with the same `id` changes nothing. Without ' +
    '`user_id`, a trusted backend ends the waits of all users of the customer, and an agent those of the ' +
    'one user of its key; an agent with several users must name one.',
  body: Type.Object({ ...NewSignal.properties, user_id: Type.Optional(Identifier) }, closed),
  response: ReceivedSignal,
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
  claimMissionTask,
  releaseMissionTask,
  logMissionEvent,
  listMissionEvents,
  resumeMission,
  sendSignal,
] as const;
