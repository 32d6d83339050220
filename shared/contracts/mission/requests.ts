import { type Static, Type } from 'typebox';
import { AskedInputRequest, NewInputRequest } from '../approval/input-request.ts';
import { SealedEvent } from '../approval/requests.ts';
import { FollowUp, NewEmail, RequestedMail, TrackedEmail } from '../email/email.ts';
import { closed, Identifier, Nullable, Time, Uuid } from '../fields.ts';
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
  WithdrawBody,
} from './bodies.ts';
import { ClaimBody, ReleaseBody } from './claims.ts';
import {
  ChangedTask,
  EventPage,
  MissionDetail,
  MissionEvent,
  StreamEntry,
  MissionPage,
  ReceivedSignal,
  ResumeBundle,
  Task,
  TaskList,
  WithdrawnInputRequest,
} from './representation.ts';

/**
 * Requests to the mission service. A mission is addressed by its id and the caller's customer; if the caller names a
 * user, the mission must belong to that user (specification section 5 "Who may call").
 */
const mission = { mission_id: Uuid };
const task = { ...mission, task_id: Uuid };
/** `If-Match`: the change is refused with `VERSION_MISMATCH` unless the mission has this version. */
const precondition = { if_match: Type.Optional(Type.Integer({ minimum: 1 })) };

export const createMission = defineRequest('mission', 'create', NewMission, MissionDetail);
/** With `deleted`, those that were deleted and can be restored instead of those that stand. */
export const MissionsFilter = Type.Object(
  { ...MissionFilter.properties, deleted: Type.Optional(Type.Boolean()) },
  closed,
);
export type MissionsFilter = Static<typeof MissionsFilter>;
export const listMissions = defineRequest('mission', 'list', MissionsFilter, MissionPage);
export const getMission = defineRequest(
  'mission',
  'get',
  Type.Object({
    ...mission,
    include_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50 })),
    include_deleted: Type.Optional(Type.Boolean()),
    /** False leaves `tasks` empty: for whoever asks whose mission it is, or what it waits for. */
    include_tasks: Type.Optional(Type.Boolean()),
  }),
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
/** Claims a task for an agent in a conversation, and gives it back; refused with `TASK_CLAIMED` while another holds it. */
export const claimTask = defineRequest(
  'mission',
  'claim_task',
  Type.Object({ ...task, ...ClaimBody.properties }),
  ChangedTask,
);
export const releaseTask = defineRequest(
  'mission',
  'release_task',
  Type.Object({ ...task, ...ReleaseBody.properties }),
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
/** Opens an input request: the mission waits. Returns the complete input request, for the approval service. */
export const askUser = defineRequest(
  'mission',
  'ask',
  Type.Object({ ...mission, question: NewInputRequest }),
  AskedInputRequest,
);
/** Takes one open question back. Returns what the mission does without its answer. */
export const withdrawInput = defineRequest(
  'mission',
  'withdraw',
  Type.Object({ ...mission, request_id: Uuid, ...WithdrawBody.properties }),
  WithdrawnInputRequest,
);
/**
 * Where the wait for a question's answer stands: `open`; `over`, if it ended in another way than by the answer or the
 * expiry, which the approval service knows first; `none`, if no such wait is known. One that is over is found only by
 * its mission's id. With `content` the answer has the question as it was asked, while the outbox still holds its event.
 */
export const findQuestion = defineRequest(
  'mission',
  'find_question',
  Type.Object({
    request_id: Uuid,
    mission_id: Type.Optional(Uuid),
    content: Type.Optional(Type.Boolean()),
    /** Whose questions the caller's user answers as well. */
    delegators: Type.Optional(Type.Array(Identifier)),
  }),
  Type.Object({ wait: Type.Enum(['open', 'over', 'none']), asked: Nullable(AskedInputRequest) }),
);
/**
 * The questions that missions wait for, the newest 200 of the caller's user, or, for a caller that names none, of a
 * mission: so that a list can show those that the approval service has not heard of.
 */
export const openQuestions = defineRequest(
  'mission',
  'open_questions',
  Type.Object({ mission_id: Type.Optional(Uuid) }),
  Type.Object({ request_ids: Type.Array(Uuid) }),
);
/**
 * Requests an e-mail for the mission, which waits for the replies with `expect_reply`. Returns the complete mail, for
 * the email-bridge.
 */
export const requestEmail = defineRequest(
  'mission',
  'email',
  Type.Object({ ...mission, email: NewEmail }),
  RequestedMail,
);
/**
 * An e-mail of a mission as it was requested, while the outbox still holds its event, or null: for the email-bridge that
 * has not heard of it. Without the mission's id only one that expects replies is found.
 */
export const findEmail = defineRequest(
  'mission',
  'find_email',
  Type.Object({ tracking_id: Uuid, mission_id: Type.Optional(Uuid) }),
  Type.Object({ mail: Nullable(RequestedMail) }),
);
/**
 * Requests a further message of a tracked e-mail, without a wait of its own. `of` is the e-mail as the email-bridge has
 * just returned it; the response contains it, so that a repeated call gets the response of the first one.
 */
export const requestFollowUp = defineRequest(
  'mission',
  'follow_up',
  Type.Object({ ...mission, of: TrackedEmail, follow_up: FollowUp }),
  Type.Object({ mail: RequestedMail, of: TrackedEmail }),
);
/**
 * Counts the recipients of a mail of no mission, or of a follow-up to one, against the limits of a day; refused with
 * `RATE_LIMITED`. The email-bridge sends such mail, and the counts of all mail are in one place.
 */
export const countRecipients = defineRequest(
  'mission',
  'count_recipients',
  Type.Object({ email: NewEmail }),
  Type.Object({}),
);
export const countFollowUp = defineRequest(
  'mission',
  'count_follow_up',
  Type.Object({ of: TrackedEmail }),
  Type.Object({}),
);
/**
 * Whether mail of a mission may leave now. The email-bridge asks just before a message goes to the mail server, and sees
 * every pause and end that was acknowledged by then.
 */
export const mayMail = defineRequest(
  'mission',
  'may_mail',
  Type.Object(mission),
  Type.Object({ state: Type.Enum(['active', 'paused', 'ended']) }),
);
export const retryMission = defineRequest('mission', 'retry', Type.Object(mission), MissionDetail);
export const restoreMission = defineRequest('mission', 'restore', Type.Object(mission), MissionDetail);
/** Engagement of the user without a change. */
export const keepMission = defineRequest('mission', 'keep', Type.Object(mission), MissionDetail);
export const retryTask = defineRequest('mission', 'retry_task', Type.Object(task), ChangedTask);
export const markReceived = defineRequest('mission', 'received', Type.Object(task), ChangedTask);
/**
 * Refused with `LEASE_LOST` unless the message's `run` still has its lease. Called before another service writes for
 * that run outside any mission.
 */
export const checkRun = defineRequest('mission', 'check_run', Type.Object({}), Type.Object({}));
/**
 * The history entries of a user's missions since a time, by time and id, for an event stream. One change may make
 * thousands of entries of one moment: `after` is the id of the last entry of the page before, whose time is `since`.
 * Without `since` the answer has no entries, and says with `now` where to begin.
 */
export const recentHistory = defineRequest(
  'mission',
  'recent_history',
  Type.Object({
    since: Type.Optional(Time),
    after: Type.Optional(Uuid),
    limit: Type.Integer({ minimum: 1, maximum: 1000 }),
  }),
  Type.Object({ events: Type.Array(StreamEntry), truncated: Type.Boolean(), now: Time }),
);

/**
 * What is new in missions of the caller's user: of each, the entries behind the sequence `after`, and with `since` also
 * those since that time. A deleted mission shows its deletion only. With `truncated` there are more, behind those that
 * the answer has.
 */
export const newHistory = defineRequest(
  'mission',
  'new_history',
  Type.Object({
    missions: Type.Array(Type.Object({ id: Uuid, after: Type.Integer({ minimum: 0 }), since: Type.Optional(Time) }), {
      maxItems: 200,
    }),
    limit: Type.Integer({ minimum: 1, maximum: 1000 }),
  }),
  Type.Object({ events: Type.Array(StreamEntry), truncated: Type.Boolean() }),
);

/** The missions of the caller's user that were changed since a time, each with the sequence of its newest entry. */
export const changedMissions = defineRequest(
  'mission',
  'changed',
  Type.Object({ since: Time }),
  Type.Object({ missions: Type.Array(Type.Object({ id: Uuid, last_sequence: Type.Integer() })), now: Time }),
);

/**
 * What the event of an answered input request does, done before the user is answered, so that the user reads a mission
 * that has gone on. Believed by its seal as the event is; whichever arrives first has the effect.
 */
export const hearOutcome = defineRequest('mission', 'hear_outcome', SealedEvent, Type.Object({}));
