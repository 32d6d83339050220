import { type TProperties, type TSchema, Type } from 'typebox';
import { AskedInputRequest, Option, Response, TaskTexts } from '../approval/input-request.ts';
import { RequestedMail } from '../email/email.ts';
import { Identifier, JsonObject, Nullable, Order, Time, Title, Uuid } from '../fields.ts';
import { runReasons, runStatuses } from '../scheduler/runs.ts';
import type { MissionChangeKind, missionChanges } from './changes.ts';
import { TaskCounts } from './representation.ts';
import {
  blockerKinds,
  eventTypes,
  missionStatuses,
  outcomes,
  pausers,
  phases,
  priorities,
  taskStatuses,
} from './vocabulary.ts';

/**
 * Data of the mission service's events (specification section 7): the history entry, and the state of the mission after
 * the whole change, so that a consumer that keeps state needs only the newest version. Schemas grow by members that a
 * reader may ignore; no member is ever removed or changed, which the golden samples check.
 */

/** A status before and after the change. */
const moved = (words: readonly string[]) => Type.Object({ from: Type.Enum([...words]), to: Type.Enum([...words]) });

/** Metadata of any event whose change also changed the mission's status or phase. */
const steps = { status: Type.Optional(moved(missionStatuses)), phase: Type.Optional(moved(phases)) };
const metadata = <Own extends TProperties>(own: Own) => Type.Object({ ...own, ...steps });

export const MissionState = Type.Object(
  {
    title: Title,
    status: Type.Enum([...missionStatuses]),
    phase: Type.Enum([...phases]),
    paused_by: Nullable(Type.Enum([...pausers])),
    priority: Type.Enum([...priorities]),
    can_run_autonomously: Type.Boolean(),
    max_lifetime_hours: Type.Integer(),
    last_user_engagement_at: Nullable(Time),
    deleted: Type.Boolean(),
    life_deadline_at: Nullable(Time),
    fence: Type.Integer(),
    run_id: Nullable(Uuid),
    blocked_by: Type.String({ description: 'key of the oldest open blocker, "" when none' }),
    waits_for_user: Type.Optional(
      Type.Boolean({ description: 'a question of the whole mission is open: it gets no runs' }),
    ),
    task_counts: TaskCounts,
    needs_attention: Type.Boolean(),
    created_at: Time,
  },
  { $id: 'MissionState', description: 'the mission after the whole change' },
);

export const TaskState = Type.Object(
  { id: Uuid, title: Title, status: Type.Enum([...taskStatuses]), order: Order, attempt: Type.Integer({ minimum: 1 }) },
  { $id: 'TaskState', description: 'the task after the whole change' },
);

const envelope = {
  customer_id: Identifier,
  user_id: Identifier,
  mission_id: Uuid,
  version: Type.Integer({ minimum: 1, description: 'version of the mission after the change' }),
  index: Type.Integer({ minimum: 0, description: 'position among the events of that version' }),
};
const entry = {
  sequence: Type.Integer({ minimum: 1, description: "position in the mission's history, without gaps" }),
  event_type: Type.Enum([...eventTypes]),
  conversation_id: Type.String(),
  agent_id: Nullable(Identifier),
  title: Type.String(),
  content: Type.String(),
  by_run: Type.Boolean({ description: 'written by the current run, or about runs: not a reason for another run' }),
  by_user: Type.Optional(Type.Boolean({ description: 'true if the user made the change; otherwise left out' })),
  concerns_schedule: Type.Optional(
    Type.Boolean({
      description:
        'false if neither the runs of the mission nor the end of its life depend on the event; otherwise left out',
    }),
  ),
};

const ofMission = <Metadata extends TSchema>(about: Metadata, description: string) =>
  Type.Object(
    { ...envelope, ...entry, metadata: about, task: Nullable(TaskState), mission: MissionState },
    { description },
  );
const ofTask = <Metadata extends TSchema>(about: Metadata, description: string) =>
  Type.Object({ ...envelope, ...entry, metadata: about, task: TaskState, mission: MissionState }, { description });

const key = Type.String({ description: '`kind:reference` of the wait' });
const wait_id = Type.Optional(
  Type.String({
    description:
      'id of the wait that ended, for waits for replies: equal to the tracking id if it is the wait that the e-mail itself opened',
  }),
);
const Resolution = Type.Object({
  by: Type.Enum(['signal', 'answer', 'hand', 'timeout', 'cancelled', 'unreachable', 'time', 'withdrawn']),
  ended_by: Type.Optional(
    Type.String({ description: 'key of the wait that ended first, of several that any could end' }),
  ),
  reason: Type.Optional(Type.String({ description: 'why a question was taken back' })),
  request_id: Type.Optional(Uuid),
  response: Type.Optional(Response),
  signal: Type.Optional(Type.Object({ id: Type.String(), data: JsonObject, final: Type.Boolean(), received_at: Time })),
});

/**
 * Metadata of changed fields (their names) or of a run. The `status` of a run is a word; that of the mission is an
 * object with from and to.
 */
const Updated = Type.Object({
  changed: Type.Optional(Type.Array(Type.String(), { description: 'names of fields' })),
  run_id: Type.Optional(Uuid),
  agent_id: Type.Optional(Nullable(Identifier)),
  attempt: Type.Optional(Type.Integer({ minimum: 1 })),
  reason: Type.Optional(Type.Enum([...runReasons])),
  fence: Type.Optional(Type.Integer()),
  again: Type.Optional(Type.Boolean({ description: 'the run that ended asked for another turn at once' })),
  status: Type.Optional(Type.Union([Type.Enum([...runStatuses]), moved(missionStatuses)])),
  phase: steps.phase,
});

export type MissionSubject = (typeof missionChanges)[MissionChangeKind]['subject'];

/** One schema for each subject; the compiler requires one for each new kind of change. */
export const missionEvents = {
  'mission.created': ofMission(
    Type.Object({ status: Type.Enum([...missionStatuses]), phase: Type.Enum([...phases]) }),
    'a mission was created',
  ),
  'mission.updated': ofMission(Updated, 'fields of a mission changed, or a run started or ended'),
  'mission.status_changed': ofMission(
    metadata({ paused_by: Type.Optional(Nullable(Type.Enum([...pausers]))) }),
    'its status or phase changed, and no more specific event reports the change: paused, unpaused, execution started, …',
  ),
  'mission.task_added': ofTask(metadata({}), 'a task was added'),
  'mission.task_updated': Type.Object(
    {
      ...ofTask(
        metadata({
          changed: Type.Optional(Type.Array(Type.String())),
          task_status: Type.Optional(moved(taskStatuses)),
        }),
        '',
      ).properties,
      task_texts: Type.Optional(TaskTexts),
    },
    {
      description:
        'fields of a task changed, or its status changed to another one than completed; task_texts, if its title or description did',
    },
  ),
  'mission.task_completed': ofTask(metadata({ task_status: moved(taskStatuses) }), 'a task was completed'),
  'mission.event_logged': ofMission(
    JsonObject,
    "a message, a note or an outside event was logged; the metadata is the caller's own",
  ),
  'mission.blocked': ofMission(
    metadata({ key, until_at: Nullable(Time) }),
    `the mission, or one of its tasks, started to wait. Kinds: ${blockerKinds.join(', ')}`,
  ),
  'mission.input_requested': Type.Object(
    {
      ...ofMission(
        metadata({
          key,
          request_id: Uuid,
          options: Type.Array(Option),
          default_option: Nullable(Type.String()),
          expires_at: Time,
        }),
        '',
      ).properties,
      question: AskedInputRequest,
    },
    {
      description:
        'an input request was opened, and the mission waits; the approval service takes over the input request',
    },
  ),
  'mission.email_requested': Type.Object(
    {
      ...ofMission(
        metadata({
          key: Type.Optional(key),
          tracking_id: Uuid,
          to: Type.Array(Type.String()),
          until_at: Type.Optional(Time),
          follow_up_of: Type.Optional(Uuid),
        }),
        '',
      ).properties,
      mail: RequestedMail,
    },
    {
      description:
        'an e-mail is to be sent, and with `key` the mission waits for its replies; the email-bridge takes over the e-mail',
    },
  ),
  'mission.unblocked': ofMission(
    metadata({ key, wait_id, resolution: Resolution }),
    'a wait ended, for any reason; the service that serves it stops',
  ),
  'mission.resumed': ofMission(
    metadata({ conversation_id: Type.String() }),
    'the mission was continued, possibly in another conversation',
  ),
  'mission.replanned': ofMission(metadata({}), 'the mission went back to planning'),
  'mission.completed': ofMission(metadata({ outcome: Type.Enum([...outcomes]) }), 'the mission was completed'),
  'mission.failed': ofMission(metadata({}), 'the mission failed'),
  'mission.stale': ofMission(
    metadata({ grace_period_ends_at: Time, told_by: Type.Optional(Type.String()) }),
    'the mission was not used during its lifetime; it ends at grace_period_ends_at unless its user comes back',
  ),
  'mission.deleted': ofMission(
    metadata({ restorable_until: Time }),
    'the mission was deleted, and can be restored until restorable_until',
  ),
  'mission.restored': ofMission(metadata({ paused_by: Type.Enum([...pausers]) }), 'the user restored the mission'),
  'mission.cancelled': ofMission(metadata({}), 'the mission was cancelled'),
} as const satisfies Record<MissionSubject, TSchema>;

/**
 * A mission was erased with everything that belonged to it. Every service deletes its data of the mission and keeps
 * only the id.
 */
export const MissionErased = Type.Object(envelope, {
  description: 'the mission was erased: delete all data of it, and ignore late events of it',
});
