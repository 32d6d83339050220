import { type Static, Type } from 'typebox';
import { EmailOfMission } from '../email/email.ts';
import { Identifier, JsonObject, Nullable, Order, Time, Title, Uuid } from '../fields.ts';
import { TaskClaim } from './claims.ts';
import {
  attentions,
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
 * Representations of missions in responses (specification section 3 and section 5 "Shapes"). Readers must accept
 * members they do not know.
 */

export const TaskCounts = Type.Record(Type.Enum([...taskStatuses]), Type.Integer({ minimum: 0 }));

export const Task = Type.Object(
  {
    id: Uuid,
    mission_id: Uuid,
    title: Title,
    description: Type.String(),
    order: Order,
    status: Type.Enum([...taskStatuses]),
    depends_on: Type.Array(Uuid),
    blocked_by: Type.String(),
    blocked_reason: Type.String(),
    timeout_at: Nullable(Time),
    result: JsonObject,
    error: Type.String(),
    attempt: Type.Integer({ minimum: 1 }),
    started_at: Nullable(Time),
    completed_at: Nullable(Time),
    /** Who works on it in a conversation; null for nobody. */
    claim: Type.Optional(Nullable(TaskClaim)),
    created_at: Time,
    updated_at: Time,
  },
  { $id: 'Task' },
);
export type Task = Static<typeof Task>;

export const MissionEvent = Type.Object(
  {
    id: Uuid,
    mission_id: Uuid,
    sequence: Type.Integer({ minimum: 1 }),
    event_type: Type.Enum([...eventTypes]),
    conversation_id: Type.String(),
    agent_id: Nullable(Identifier),
    task_id: Nullable(Uuid),
    title: Type.String(),
    content: Type.String(),
    metadata: JsonObject,
    created_at: Time,
  },
  { $id: 'MissionEvent' },
);
export type MissionEvent = Static<typeof MissionEvent>;

/** An entry of a user's stream: with its mission as it was when the entry was read. */
export const StreamEntry = Type.Object(
  {
    ...MissionEvent.properties,
    mission: Type.Object({
      id: Uuid,
      version: Type.Integer({ minimum: 1 }),
      status: Type.Enum([...missionStatuses]),
      phase: Type.Enum([...phases]),
    }),
  },
  { $id: 'StreamEntry' },
);
export type StreamEntry = Static<typeof StreamEntry>;

export const OpenBlocker = Type.Object(
  {
    key: Type.String(),
    kind: Type.Enum([...blockerKinds]),
    reason: Type.String(),
    task_id: Nullable(Uuid),
    since: Time,
    until_at: Nullable(Time),
  },
  { $id: 'OpenBlocker' },
);
export type OpenBlocker = Static<typeof OpenBlocker>;

const missionFields = {
  id: Uuid,
  customer_id: Identifier,
  user_id: Identifier,
  title: Title,
  description: Type.String(),
  created_by_agent_id: Nullable(Identifier),
  origin_conversation_id: Type.String(),
  status: Type.Enum([...missionStatuses]),
  phase: Type.Enum([...phases]),
  paused_by: Nullable(Type.Enum([...pausers])),
  priority: Type.Enum([...priorities]),
  due_at: Nullable(Time),
  completed_at: Nullable(Time),
  outcome: Nullable(Type.Enum([...outcomes])),
  summary: Type.String(),
  details: JsonObject,
  blocked_by: Type.String(),
  blocked_since: Nullable(Time),
  can_run_autonomously: Type.Boolean(),
  last_autonomous_check: Nullable(Time),
  max_lifetime_hours: Type.Integer(),
  last_user_engagement_at: Nullable(Time),
  stale_notified_at: Nullable(Time),
  grace_period_ends_at: Nullable(Time),
  deleted_at: Nullable(Time),
  metadata: JsonObject,
  version: Type.Integer({ minimum: 1 }),
  task_counts: TaskCounts,
  progress: Nullable(Type.Number({ minimum: 0, maximum: 1 })),
  needs_attention: Type.Boolean(),
  attention: Type.Array(Type.Enum([...attentions]), {
    description: 'why a person should look at it; `needs_attention` is true when it is not empty',
  }),
  created_at: Time,
  updated_at: Time,
};

export const Mission = Type.Object(missionFields, { $id: 'Mission' });
export type Mission = Static<typeof Mission>;

/** Input requests belong to the approval service (specification section 3.5), which alone declares their members. */
const InputRequests = Type.Array(JsonObject);

/**
 * How many entries of a part a representation leaves out, by the part's name; absent if it is whole. Read them with the
 * part's own call.
 */
export const Omitted = Type.Optional(
  Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
    description: 'entries that are left out, by part; absent if nothing is',
  }),
);

export const MissionDetail = Type.Object(
  {
    ...missionFields,
    tasks: Type.Array(Task),
    recent_events: Type.Array(MissionEvent),
    blockers: Type.Array(OpenBlocker),
    input_requests: InputRequests,
    missing: Type.Optional(
      Type.Array(Type.Enum(['input_requests']), {
        description: 'in answers to changes: lists that could not be read and are empty here; read the mission again',
      }),
    ),
    omitted: Omitted,
  },
  { $id: 'MissionDetail' },
);
export type MissionDetail = Static<typeof MissionDetail>;

export const MissionPage = Type.Object(
  {
    missions: Type.Array(
      Type.Object({
        ...missionFields,
        blockers: Type.Array(OpenBlocker),
        tasks: Type.Optional(Type.Array(Task)),
        recent_events: Type.Optional(Type.Array(MissionEvent)),
        omitted: Omitted,
      }),
    ),
    next_cursor: Nullable(Type.String()),
  },
  { $id: 'MissionPage' },
);

export const EventPage = Type.Object(
  { events: Type.Array(MissionEvent), next_cursor: Nullable(Type.String()) },
  { $id: 'EventPage' },
);

export const TaskList = Type.Object({ tasks: Type.Array(Task) }, { $id: 'TaskList' });

/** A changed task with the mission's status after the change, so that an agent need not read the mission. */
export const ChangedTask = Type.Object(
  {
    ...Task.properties,
    mission: Type.Object({
      id: Uuid,
      status: Type.Enum([...missionStatuses]),
      phase: Type.Enum([...phases]),
      version: Type.Integer({ minimum: 1 }),
    }),
  },
  { $id: 'ChangedTask' },
);

/** A question that was taken back, and what goes on without its answer. */
export const WithdrawnInputRequest = Type.Object(
  {
    request_id: Uuid,
    status: Type.Literal('cancelled'),
    reason: Type.String(),
    user_id: Identifier,
    /** The task that waited, as it is now; null for a question about the whole mission. */
    task: Nullable(Type.Object({ id: Uuid, status: Type.Enum([...taskStatuses]) })),
    mission: Type.Object({
      id: Uuid,
      status: Type.Enum([...missionStatuses]),
      phase: Type.Enum([...phases]),
      version: Type.Integer({ minimum: 1 }),
    }),
  },
  { $id: 'WithdrawnInputRequest' },
);
export type WithdrawnInputRequest = Static<typeof WithdrawnInputRequest>;

export const ResumeBundle = Type.Object(
  {
    mission: Type.Object(missionFields),
    tasks: Type.Array(Task),
    recent_events: Type.Array(MissionEvent),
    blockers: Type.Array(OpenBlocker),
    input_requests: InputRequests,
    emails: Type.Array(EmailOfMission),
    next_tasks: Type.Array(Task),
    brief: Type.String({ maxLength: 2000 }),
    /** Only if `since` was sent: the changes after that entry of the history. */
    changes: Type.Optional(
      Type.Object({
        since: Type.Integer(),
        /** Oldest first, at most 200. */
        events: Type.Array(MissionEvent),
        /** The tasks of these entries, in their current state. */
        tasks: Type.Array(Task),
        /** True if there are further entries: read them with GET …/events. */
        truncated: Type.Boolean(),
      }),
    ),
    missing: Type.Optional(
      Type.Array(Type.Enum(['emails', 'input_requests']), {
        description: 'lists that could not be read and are empty here; resume again to see them',
      }),
    ),
    omitted: Omitted,
  },
  { $id: 'ResumeBundle' },
);
export type ResumeBundle = Static<typeof ResumeBundle>;

export const ReceivedSignal = Type.Object(
  {
    id: Type.String(),
    key: Type.String(),
    /** True if a signal with this id was received before: the call changed nothing. */
    duplicate: Type.Boolean(),
    /** Number of open waits that the signal reached. It is also stored for waits that open later. */
    waiters: Type.Integer({ minimum: 0 }),
  },
  { $id: 'ReceivedSignal' },
);
