import { Type } from 'typebox';
import { AskedInputRequest, NewInputRequest } from '../approval/input-request.ts';
import { FollowUp, NewEmail, RequestedMail, TrackedEmail } from '../email/email.ts';
import { Time, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';
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
} from './bodies.ts';
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
} from './representation.ts';

/**
 * The mission service's requests. A mission is always addressed by its id and the caller's customer; when the caller names a user,
 * the mission must be that user's (specification section 5 "Who may call").
 */
const mission = { mission_id: Uuid };
const task = { ...mission, task_id: Uuid };
/** `If-Match`: the change is refused with `VERSION_MISMATCH` unless the mission is at this version. */
const precondition = { if_match: Type.Optional(Type.Integer({ minimum: 1 })) };

export const createMission = defineRequest('mission', 'create', NewMission, MissionDetail);
export const listMissions = defineRequest('mission', 'list', MissionFilter, MissionPage);
export const getMission = defineRequest(
  'mission',
  'get',
  Type.Object({ ...mission, include_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50 })) }),
  MissionDetail,
);
export const patchMission = defineRequest(
  'mission',
  'patch',
  Type.Object({ ...mission, ...precondition, patch: MissionPatch }),
  MissionDetail,
);
export const addTask = defineRequest('mission', 'add_task', Type.Object({ ...mission, task: NewTask }), Task);
export const addTasks = defineRequest(
  'mission',
  'add_tasks',
  Type.Object({ ...mission, tasks: NewTasks.properties.tasks }),
  TaskList,
);
export const patchTask = defineRequest(
  'mission',
  'patch_task',
  Type.Object({ ...task, ...precondition, patch: TaskPatch }),
  ChangedTask,
);
export const logEvent = defineRequest(
  'mission',
  'log_event',
  Type.Object({ ...mission, event: NewEvent }),
  MissionEvent,
);
export const listEvents = defineRequest(
  'mission',
  'list_events',
  Type.Object({ ...mission, filter: EventFilter }),
  EventPage,
);
export const resumeMission = defineRequest(
  'mission',
  'resume',
  Type.Object({ ...mission, ...ResumeBody.properties, since: Type.Optional(Type.Integer({ minimum: 0 })) }),
  ResumeBundle,
);
export const receiveSignal = defineRequest('mission', 'signal', NewSignal, ReceivedSignal);
/** Decides that the mission waits, and answers the question as it goes to the approval service. */
export const askUser = defineRequest(
  'mission',
  'ask',
  Type.Object({ ...mission, question: NewInputRequest }),
  AskedInputRequest,
);
/** Decides that a mail is sent for the mission, and with `expect_reply` that it waits for the replies; answers the mail as it goes to the email-bridge. */
export const requestEmail = defineRequest(
  'mission',
  'email',
  Type.Object({ ...mission, email: NewEmail }),
  RequestedMail,
);
/**
 * The same of a further message of a tracked e-mail, which leaves waiting as it is. `of`: the e-mail as the email-bridge has just shown it; it is
 * answered again, so that a call that is repeated is answered as the first one was.
 */
export const requestFollowUp = defineRequest(
  'mission',
  'follow_up',
  Type.Object({ ...mission, of: TrackedEmail, follow_up: FollowUp }),
  Type.Object({ mail: RequestedMail, of: TrackedEmail }),
);
export const retryMission = defineRequest('mission', 'retry', Type.Object(mission), MissionDetail);
export const restoreMission = defineRequest('mission', 'restore', Type.Object(mission), MissionDetail);
export const markReceived = defineRequest('mission', 'received', Type.Object(task), ChangedTask);
/** Refused with `LEASE_LOST` unless the message's `run` still has its lease: asked before another service writes for that run, of no mission. */
export const checkRun = defineRequest('mission', 'check_run', Type.Object({}), Type.Object({}));
/** The newest history of a user's missions from a time on, oldest first: what a stream of events replays. */
export const recentHistory = defineRequest(
  'mission',
  'recent_history',
  Type.Object({ since: Time, limit: Type.Integer({ minimum: 1, maximum: 1000 }) }),
  Type.Object({ events: Type.Array(MissionEvent), truncated: Type.Boolean() }),
);

export const missionRequests = [
  createMission,
  listMissions,
  getMission,
  patchMission,
  addTask,
  addTasks,
  patchTask,
  logEvent,
  listEvents,
  resumeMission,
  receiveSignal,
  askUser,
  requestEmail,
  requestFollowUp,
  retryMission,
  restoreMission,
  markReceived,
  checkRun,
  recentHistory,
] as const;
