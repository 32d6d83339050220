import { Type } from 'typebox';
import { closed } from '../fields.ts';
import { MissionFilter } from '../mission/bodies.ts';
import { ChangedTask, MissionDetail, MissionEvent, MissionPage } from '../mission/representation.ts';
import { operation } from './operation.ts';

/** The users' side: `/api/v1` (specification section 5). The user is always the credential's. */
const missions = '/api/v1/missions';
const one = `${missions}/{mission_id}`;
const tag = 'for users';
const Nothing = Type.Object({}, closed);

export const listMyMissions = operation({
  id: 'listMyMissions',
  method: 'get',
  path: missions,
  tag,
  summary: 'My missions',
  query: MissionFilter,
  answer: MissionPage,
  status: 200,
  refusals: [],
});

export const getMyMission = operation({
  id: 'getMyMission',
  method: 'get',
  path: one,
  tag,
  summary: 'One of my missions, with its tasks, newest events, open blockers and pending questions',
  query: Type.Object(
    { include_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50, description: 'default 5' })) },
    closed,
  ),
  answer: MissionDetail,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
  etag: true,
});

const control = (id: string, verb: string, summary: string) =>
  operation({
    id,
    method: 'post',
    path: `${one}/${verb}`,
    tag,
    summary,
    body: Nothing,
    answer: MissionDetail,
    status: 200,
    refusals: ['MISSION_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED'],
    etag: true,
  });

export const cancelMyMission = control('cancelMyMission', 'cancel', 'Cancel my mission; what is open in it is skipped');
export const pauseMyMission = control('pauseMyMission', 'pause', 'Pause my mission; only I can lift that');
export const resumeMyMission = control('resumeMyMission', 'resume', 'Lift a pause, whoever set it');
export const retryMyMission = control('retryMyMission', 'retry', 'Try everything that failed again');
export const restoreMyMission = control(
  'restoreMyMission',
  'restore',
  'Have a deleted mission back, paused, within 30 days',
);

export const markReceived = operation({
  id: 'markReceived',
  method: 'post',
  path: `${one}/tasks/{task_id}/received`,
  tag,
  summary: 'Mark as received: what a task waits for outside has come',
  body: Nothing,
  answer: ChangedTask,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED'],
});

export const streamMyEvents = operation({
  id: 'streamMyEvents',
  method: 'get',
  path: '/api/v1/stream',
  tag,
  summary: 'What happens in my missions, as it happens',
  description: `Server-sent events (\`text/event-stream\`), for \`EventSource\` and the like: \`id\` is the id of an entry of the history, \`event\` its type, \`data\` the entry.
With \`Last-Event-ID\` what has happened since is told first, with a minute of overlap: ids may come again, and none is missed. A comment every 15 s keeps the connection; a reader
that falls far behind is cut off, and comes back with the last id.`,
  answer: MissionEvent,
  status: 200,
  refusals: [],
  events: true,
});

export const userOperations = [
  listMyMissions,
  getMyMission,
  cancelMyMission,
  pauseMyMission,
  resumeMyMission,
  retryMyMission,
  restoreMyMission,
  markReceived,
  streamMyEvents,
] as const;
