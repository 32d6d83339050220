import { type TProperties, type TSchema, Type } from 'typebox';
import { AskedInputRequest, Option, Response } from '../approval/input-request.ts';
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
 * What each event of the mission service carries (specification section 7): the entry of the history that it is, and how the mission stands after the
 * whole change, so that a consumer that keeps state takes the newest version and needs none of the ones before.
 * Schemas grow by members that a reader may ignore; none is ever taken away or changed (the golden samples hold us to that).
 */

/** Where a status stood and now stands. */
const moved = (words: readonly string[]) => Type.Object({ from: Type.Enum([...words]), to: Type.Enum([...words]) });

/** Any event may also tell that the mission's status or phase changed with it. */
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
  version: Type.Integer({ minimum: 1, description: "the mission's, after the change" }),
  index: Type.Integer({ minimum: 0, description: 'place among the events of that version' }),
};
const entry = {
  sequence: Type.Integer({ minimum: 1, description: "place in the mission's history, without a gap" }),
  event_type: Type.Enum([...eventTypes]),
  conversation_id: Type.String(),
  agent_id: Nullable(Identifier),
  title: Type.String(),
  content: Type.String(),
  by_run: Type.Boolean({ description: 'written by the current run, or about runs: nothing that calls for another' }),
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
      "of a wait for replies: the tracking id, when it is the mail's own and not of another who waits for them too",
  }),
);
const Resolution = Type.Object({
  by: Type.Enum(['signal', 'answer', 'hand', 'timeout', 'cancelled', 'unreachable']),
  request_id: Type.Optional(Uuid),
  response: Type.Optional(Response),
  signal: Type.Optional(Type.Object({ id: Type.String(), data: JsonObject, final: Type.Boolean(), received_at: Time })),
});

/** Of fields, their names; of a run, what it is and how it ended: a run's `status` is a word, where the mission's own tells from and to. */
const Updated = Type.Object({
  changed: Type.Optional(Type.Array(Type.String(), { description: 'names of fields' })),
  run_id: Type.Optional(Uuid),
  agent_id: Type.Optional(Nullable(Identifier)),
  attempt: Type.Optional(Type.Integer({ minimum: 1 })),
  reason: Type.Optional(Type.Enum([...runReasons])),
  fence: Type.Optional(Type.Integer()),
  status: Type.Optional(Type.Union([Type.Enum([...runStatuses]), moved(missionStatuses)])),
  phase: steps.phase,
});

export type MissionSubject = (typeof missionChanges)[MissionChangeKind]['subject'];

/** One schema for each subject; the compiler asks for that of a new kind of change. */
export const missionEvents = {
  'mission.created': ofMission(
    Type.Object({ status: Type.Enum([...missionStatuses]), phase: Type.Enum([...phases]) }),
    'a mission began',
  ),
  'mission.updated': ofMission(Updated, 'fields of a mission changed, or a run began or ended'),
  'mission.status_changed': ofMission(
    metadata({ paused_by: Type.Optional(Nullable(Type.Enum([...pausers]))) }),
    'its status or phase changed, and no more specific event tells it: paused, unpaused, execution began, …',
  ),
  'mission.task_added': ofTask(metadata({}), 'a task was added'),
  'mission.task_updated': ofTask(
    metadata({ changed: Type.Optional(Type.Array(Type.String())), task_status: Type.Optional(moved(taskStatuses)) }),
    'fields of a task changed, or its status (but to completed)',
  ),
  'mission.task_completed': ofTask(metadata({ task_status: moved(taskStatuses) }), 'a task was completed'),
  'mission.event_logged': ofMission(
    JsonObject,
    "a message, a note or something outside was logged; the metadata is the logger's own",
  ),
  'mission.blocked': ofMission(
    metadata({ key, until_at: Nullable(Time) }),
    `the mission, or a task of it, began to wait. Kinds: ${blockerKinds.join(', ')}`,
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
    { description: 'the user is asked, and the mission waits; the approval service takes the question from here' },
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
        'a mail is to be sent, and with `key` the mission waits for its replies; the email-bridge takes the mail from here',
    },
  ),
  'mission.unblocked': ofMission(
    metadata({ key, wait_id, resolution: Resolution }),
    'a wait ended, in whatever way: who serves it stops serving it',
  ),
  'mission.resumed': ofMission(
    metadata({ conversation_id: Type.String() }),
    'the mission is continued, perhaps in another conversation',
  ),
  'mission.replanned': ofMission(metadata({}), 'the mission went back to planning'),
  'mission.completed': ofMission(metadata({ outcome: Type.Enum([...outcomes]) }), 'the mission was completed'),
  'mission.failed': ofMission(metadata({}), 'the mission failed'),
  'mission.stale': ofMission(
    metadata({ grace_period_ends_at: Time }),
    'nobody has touched the mission for its lifetime',
  ),
  'mission.deleted': ofMission(
    metadata({ restorable_until: Time }),
    'the mission is hidden, and can be restored until then',
  ),
  'mission.restored': ofMission(metadata({ paused_by: Type.Enum([...pausers]) }), 'its user has the mission back'),
  'mission.cancelled': ofMission(metadata({}), 'the mission was cancelled'),
} as const satisfies Record<MissionSubject, TSchema>;

/** A mission is gone, with everything that belonged to it; whoever holds anything of it deletes it, and keeps the id. */
export const MissionErased = Type.Object(envelope, {
  description: 'the mission is gone: delete what you hold of it, and let nothing late bring it back',
});
