import { Type } from 'typebox';
import type { AuditAction } from '../audit.ts';
import { EmailOfMission } from '../email/email.ts';
import { EmailsPage } from '../email/requests.ts';
import { closed, LongText, Nullable } from '../fields.ts';
import { EventFilter, MissionPatch, NewMission } from '../mission/bodies.ts';
import {
  ChangedTask,
  EventPage,
  MissionDetail,
  MissionEvent,
  MissionPage,
  StreamEntry,
} from '../mission/representation.ts';
import { MissionsFilter } from '../mission/requests.ts';
import { RunPage, RunsFilter } from '../scheduler/runs.ts';
import { operation } from './operation.ts';

/** Missions for users: `/api/v1` (specification section 5). The user is always the one of the credential. */
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
  query: MissionsFilter,
  response: MissionPage,
  status: 200,
  refusals: [],
});

export const getMyMission = operation({
  id: 'getMyMission',
  method: 'get',
  path: one,
  tag,
  summary: 'One of my missions, with its tasks, newest events, open blockers and pending input requests',
  description: 'Also a deleted one, with `deleted_at`, as long as I may restore it.',
  query: Type.Object(
    { include_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50, description: 'default 5' })) },
    closed,
  ),
  response: MissionDetail,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
  etag: true,
});

const part = { method: 'get', tag, status: 200, refusals: ['MISSION_NOT_FOUND'] } as const;

export const listMyMissionEvents = operation({
  ...part,
  id: 'listMyMissionEvents',
  path: `${one}/events`,
  summary: 'The whole history of my mission, oldest first unless asked otherwise',
  query: EventFilter,
  response: EventPage,
});

export const listMyMissionEmails = operation({
  ...part,
  id: 'listMyMissionEmails',
  path: `${one}/emails`,
  summary: 'The tracked e-mails of my mission with their replies, newest first',
  description: 'What the senders of replies wrote is under `untrusted`.',
  query: EmailsPage,
  response: Type.Object(
    { emails: Type.Array(EmailOfMission), next_cursor: Nullable(Type.String()) },
    { $id: 'EmailsOfMission' },
  ),
});

export const listMyMissionRuns = operation({
  ...part,
  id: 'listMyMissionRuns',
  path: `${one}/runs`,
  summary: 'The runs of my mission with their outcome, newest first',
  query: Type.Object(RunsFilter, closed),
  response: RunPage,
});

const { conversation_id: _conversation, ...ofNewMission } = NewMission.properties;

export const createMyMission = operation({
  id: 'createMyMission',
  method: 'post',
  path: missions,
  tag,
  summary: 'Create a mission of mine, with its plan if I have one',
  deed: 'mission.created',
  body: Type.Object(ofNewMission, closed),
  response: MissionDetail,
  status: 201,
  refusals: ['CIRCULAR_DEPENDENCY', 'INVALID_DEPENDENCY', 'QUOTA_EXCEEDED'],
  etag: true,
});

const { title, description, priority, due_at, can_run_autonomously, max_lifetime_hours } = MissionPatch.properties;

export const updateMyMission = operation({
  id: 'updateMyMission',
  method: 'patch',
  path: one,
  tag,
  summary: 'Change what my mission says, when it is due, and what agents may do without me',
  description: 'To pause, resume, cancel or retry it, use the calls of these names.',
  deed: 'mission.changed',
  body: Type.Object(
    { title, description, priority, due_at, can_run_autonomously, max_lifetime_hours },
    { ...closed, minProperties: 1 },
  ),
  response: MissionDetail,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'MISSION_CLOSED', 'VERSION_MISMATCH'],
  etag: true,
  conditional: true,
});

const control = (id: string, verb: string, deed: AuditAction, summary: string) =>
  operation({
    id,
    method: 'post',
    path: `${one}/${verb}`,
    tag,
    summary,
    body: Nothing,
    response: MissionDetail,
    status: 200,
    refusals: ['MISSION_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED'],
    etag: true,
    deed,
  });

export const cancelMyMission = control(
  'cancelMyMission',
  'cancel',
  'mission.cancelled',
  'Cancel my mission; its open tasks are skipped',
);
export const pauseMyMission = control(
  'pauseMyMission',
  'pause',
  'mission.paused',
  'Pause my mission; only I can resume it',
);
export const resumeMyMission = control('resumeMyMission', 'resume', 'mission.resumed', 'End a pause, whoever set it');
export const retryMyMission = control('retryMyMission', 'retry', 'mission.retried', 'Retry every failed task');
export const restoreMyMission = control(
  'restoreMyMission',
  'restore',
  'mission.restored',
  'Restore a deleted mission, paused, within 30 days',
);
export const keepMyMission = control(
  'keepMyMission',
  'keep',
  'mission.kept',
  'Keep my mission: its lifetime starts anew',
);

export const messageMyMission = operation({
  id: 'messageMyMission',
  method: 'post',
  path: `${one}/messages`,
  tag,
  summary: 'Leave a word for whichever agent goes on with my mission',
  description: 'A `user_message` in the history. It wakes a mission that agents work on alone.',
  deed: 'mission.messaged',
  body: Type.Object({ text: Type.String({ ...LongText, minLength: 1 }) }, closed),
  response: MissionEvent,
  status: 201,
  refusals: ['MISSION_NOT_FOUND'],
});

const taskControl = (id: string, verb: string, deed: AuditAction, summary: string) =>
  operation({
    id,
    method: 'post',
    path: `${one}/tasks/{task_id}/${verb}`,
    tag,
    summary,
    deed,
    body: Nothing,
    response: ChangedTask,
    status: 200,
    refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED'],
  });

export const retryMyTask = taskControl('retryMyTask', 'retry', 'task.retried', 'Retry one failed task');
export const skipMyTask = taskControl(
  'skipMyTask',
  'skip',
  'task.skipped',
  'Skip one task; what depends on it goes on',
);

export const markReceived = operation({
  id: 'markReceived',
  method: 'post',
  path: `${one}/tasks/{task_id}/received`,
  tag,
  summary: 'Mark as received: report that the outside event a task waits for has happened',
  deed: 'task.received',
  body: Nothing,
  response: ChangedTask,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED'],
});

export const streamMyEvents = operation({
  id: 'streamMyEvents',
  method: 'get',
  path: '/api/v1/stream',
  tag,
  summary: 'Stream the history entries of my missions as they are written',
  description: `Server-sent events (\`text/event-stream\`), for \`EventSource\` and similar readers: \`id\` is the id of a history entry, \`event\` its type, \`data\` the entry, and in \`mission\` its mission as it is by then.
With \`Last-Event-ID\` the stream starts with the entries since then, with a minute of overlap: ids may repeat, and none is missed. A comment every 15 s keeps the
connection open. An event \`inbox\` without an id says that items of the inbox were seen or snoozed: read it again. A reader that falls far behind is disconnected, and reconnects with its last id.`,
  response: StreamEntry,
  status: 200,
  refusals: [],
  events: true,
});

export const userOperations = [
  listMyMissions,
  createMyMission,
  getMyMission,
  listMyMissionEvents,
  listMyMissionEmails,
  listMyMissionRuns,
  updateMyMission,
  cancelMyMission,
  pauseMyMission,
  resumeMyMission,
  retryMyMission,
  restoreMyMission,
  keepMyMission,
  messageMyMission,
  retryMyTask,
  skipMyTask,
  markReceived,
  streamMyEvents,
] as const;
