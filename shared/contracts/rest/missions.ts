import { type Static, Type } from 'typebox';
import { chosenByMember } from '../choice.ts';
import { closed, Identifier } from '../fields.ts';
import { EventFilter, MissionFilter, MissionPatch, NewEvent, NewMission, NewSignal, NewTask, NewTasks, ResumeBody, TaskPatch } from '../mission/bodies.ts';
import { ChangedTask, EventPage, MissionDetail, MissionEvent, MissionPage, ReceivedSignal, ResumeBundle, Task, TaskList } from '../mission/representation.ts';
import { operation } from './operation.ts';

/** The agents' side of missions: `/api/internal/missions` (SPEC section 5). */
const missions = '/api/internal/missions';
const one = `${missions}/{mission_id}`;
const tag = 'missions';

const agent = { agent_id: Type.Optional(Identifier) };

/** A resource read by its id needs the customer only, and must be this user's when one is named. */
const OfUser = Type.Object({ user_id: Type.Optional(Identifier) }, closed);

const NewMissionBody = Type.Object({ ...NewMission.properties, user_id: Identifier, ...agent }, closed);
const NewEventBody = Type.Object({ ...NewEvent.properties, ...agent }, closed);
const ResumeRequest = Type.Object({ conversation_id: Type.Optional(ResumeBody.properties.conversation_id), ...agent }, closed);

/** In a query a list is comma-separated: `status=active,waiting`. The gateway splits it before this schema sees it. */
const MissionQuery = Type.Object({ ...MissionFilter.properties, user_id: Identifier }, closed);

export const createMission = operation({
  id: 'createMission',
  method: 'post',
  path: missions,
  tag,
  summary: 'Create a mission, with its whole plan when you have one',
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
  query: Type.Object({ ...OfUser.properties, include_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50, description: 'default 5' })) }, closed),
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
  body: TaskPatch,
  query: OfUser,
  answer: ChangedTask,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED', 'CIRCULAR_DEPENDENCY', 'INVALID_DEPENDENCY', 'VERSION_MISMATCH'],
  conditional: true,
});

export const logMissionEvent = operation({
  id: 'logMissionEvent',
  method: 'post',
  path: `${one}/events`,
  tag,
  summary: 'Log a message, a note or something that happened outside',
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
  body: ResumeRequest,
  query: Type.Object({ ...OfUser.properties, since: Type.Optional(Type.Integer({ minimum: 0, description: 'a sequence of the history: the answer says what changed after it' })) }, closed),
  answer: ResumeBundle,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
});

export const sendSignal = operation({
  id: 'sendSignal',
  method: 'post',
  path: '/api/internal/signals',
  tag: 'signals',
  summary: 'Say that something happened outside: frees every wait of the customer with this kind and reference, now or later',
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
