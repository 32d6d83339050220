import { type Static, Type } from 'typebox';
import { closed, Cursor, Identifier, JsonObject, LongText, Nullable, Order, Time, Title, Uuid } from '../fields.ts';
import {
  blockerKinds,
  loggableEventTypes,
  missionSorts,
  missionStatuses,
  outcomes,
  phases,
  priorities,
  taskStatuses,
} from './vocabulary.ts';

/**
 * Request bodies and queries (specification section 5). The mission service applies the defaults, so that it can tell
 * an absent member from a default.
 */

const Conversation = Type.String({ maxLength: 255, description: "the caller's own id of a conversation" });
const LifetimeHours = Type.Integer({
  minimum: 1,
  maximum: 87_600,
  description: 'hours; default 168; from an agent’s key, more than that is a question to the user',
});
export const MAX_TASKS_PER_CALL = 200;

const timeoutHours = Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 8760, description: 'default 24' }));
const acceptAfter = Type.Optional(
  Type.String({
    format: 'date-time',
    description:
      'accept signals received since then, and only those, also such as have ended another wait of this mission; default: since the mission was created, and none of those',
  }),
);
const WaitKind = Type.Enum(blockerKinds.filter((kind) => kind !== 'human_input'));

const oneWait = {
  reference: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        "default: the task's id; of the kind mission, the id of another mission of the user, which must be named",
    }),
  ),
  timeout_hours: timeoutHours,
  until: Type.Optional(
    Type.Union([Type.Enum(['all', 'any']), Type.String({ format: 'date-time' })], {
      description:
        'all: wait for the final signal; any: for the first one; default all. Of the kind time: the time at which the task goes on (RFC 3339)',
    }),
  ),
  accept_after: acceptAfter,
  reason: Type.Optional(Type.String({ maxLength: 500, description: 'shown with the wait' })),
};
export const MAX_WAITS_OF_LIST = 10;
const WaitOfList = Type.Object({ kind: WaitKind, ...oneWait }, closed);
export type WaitOfList = Static<typeof WaitOfList>;

/** One wait (`kind`), or several of which the first one or all must end (`waits`). */
export const WaitFor = Type.Object(
  {
    kind: Type.Optional(WaitKind),
    ...oneWait,
    waits: Type.Optional(
      Type.Array(WaitOfList, {
        minItems: 1,
        maxItems: MAX_WAITS_OF_LIST,
        description:
          'instead of kind: several waits. With until any, the first that ends closes the others; with until all, the default, each must end. timeout_hours and accept_after beside the list count for each wait without its own',
      }),
    ),
    on_signal: Type.Optional(
      Type.Enum(['resume', 'complete'], {
        description: 'effect of the signal, or of the time, on the task; default complete',
      }),
    ),
    on_timeout: Type.Optional(
      Type.Enum(['fail', 'resume'], { description: 'effect of the timeout on the task; default fail' }),
    ),
  },
  closed,
);
export type WaitFor = Static<typeof WaitFor>;

const newTask = {
  title: Title,
  description: Type.Optional(LongText),
  order: Type.Optional(Order),
  ref: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'name of this task within this call, for depends_on' }),
  ),
  depends_on: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: MAX_TASKS_PER_CALL,
      description: 'ids of tasks of this mission, or refs of tasks in this call',
    }),
  ),
  wait_for: Type.Optional(WaitFor),
  wait_for_external: Type.Optional(Type.Boolean({ description: 'older form of wait_for' })),
  external_event_type: Type.Optional(
    Type.Enum(blockerKinds.filter((kind) => kind !== 'human_input' && kind !== 'time')),
  ),
  timeout_hours: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 8760 })),
};
export const NewTask = Type.Object(newTask, closed);
export type NewTask = Static<typeof NewTask>;
export const NewTasks = Type.Object(
  { tasks: Type.Array(NewTask, { minItems: 1, maxItems: MAX_TASKS_PER_CALL }) },
  closed,
);

export const NewMission = Type.Object(
  {
    title: Title,
    conversation_id: Type.Optional(Conversation),
    description: Type.Optional(LongText),
    priority: Type.Optional(Type.Enum([...priorities])),
    due_at: Type.Optional(Nullable(Time)),
    can_run_autonomously: Type.Optional(
      Type.Boolean({
        description:
          'whether agents may claim runs of the mission while the user is away; default false. From an agent’s key this is a question to the user',
      }),
    ),
    max_lifetime_hours: Type.Optional(LifetimeHours),
    metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: "the caller's own data" })),
    tasks: Type.Optional(Type.Array(NewTask, { maxItems: MAX_TASKS_PER_CALL })),
  },
  closed,
);
export type NewMission = Static<typeof NewMission>;

export const MissionPatch = Type.Object(
  {
    status: Type.Optional(
      Type.Enum([...missionStatuses], {
        description: 'a command: paused, active (unpause), waiting (with blocked_by), completed, cancelled, failed',
      }),
    ),
    phase: Type.Optional(
      Type.Enum(['planning', 'executing'], { description: 'a command: executing, or planning to replan' }),
    ),
    blocked_by: Type.Optional(
      Type.String({
        maxLength: 255,
        description:
          '`kind:reference` (for a time: `time:2027-01-31T09:00:00Z`), or text for a manual wait; "" ends the waits that may be ended by hand',
      }),
    ),
    blocked_reason: Type.Optional(Type.String({ maxLength: 500 })),
    priority: Type.Optional(Type.Enum([...priorities])),
    title: Type.Optional(Title),
    description: Type.Optional(LongText),
    due_at: Type.Optional(Nullable(Time)),
    can_run_autonomously: Type.Optional(
      Type.Boolean({
        description:
          'whether agents may claim runs of the mission while the user is away. From an agent’s key this is a question to the user',
      }),
    ),
    max_lifetime_hours: Type.Optional(LifetimeHours),
    outcome: Type.Optional(
      Type.Enum([...outcomes], {
        description: 'only with a status that ends the mission; default: derived from the status',
      }),
    ),
    summary: Type.Optional(Type.String({ maxLength: 100_000, description: 'what was accomplished' })),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'structured results' })),
    metadata: Type.Optional(JsonObject),
  },
  { ...closed, minProperties: 1 },
);
export type MissionPatch = Static<typeof MissionPatch>;

export const TaskPatch = Type.Object(
  {
    status: Type.Optional(
      Type.Enum([...taskStatuses], {
        description:
          'the new status: in_progress, completed, failed, skipped, waiting_external or blocked (with blocked_by), or ready to retry a failed task',
      }),
    ),
    title: Type.Optional(Title),
    description: Type.Optional(LongText),
    order: Type.Optional(Order),
    depends_on: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: MAX_TASKS_PER_CALL }),
    ),
    error: Type.Optional(Type.String({ maxLength: 100_000, description: 'why the task failed' })),
    result: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'merged into the existing result by top-level key' }),
    ),
    blocked_by: Type.Optional(
      Type.String({
        maxLength: 255,
        description:
          '`kind:reference` opens a wait (for a time: `time:2027-01-31T09:00:00Z`), other text a manual wait, "" ends the waits that may be ended by hand',
      }),
    ),
    blocked_reason: Type.Optional(Type.String({ maxLength: 500 })),
  },
  { ...closed, minProperties: 1 },
);
export type TaskPatch = Static<typeof TaskPatch>;

export const NewEvent = Type.Object(
  {
    event_type: Type.Enum([...loggableEventTypes]),
    title: Type.Optional(Type.String({ maxLength: 500 })),
    content: Type.Optional(LongText),
    conversation_id: Type.Optional(Conversation),
    task_id: Type.Optional(Nullable(Uuid)),
    metadata: Type.Optional(JsonObject),
  },
  closed,
);
export type NewEvent = Static<typeof NewEvent>;

export const ResumeBody = Type.Object({ conversation_id: Conversation }, closed);
export type ResumeBody = Static<typeof ResumeBody>;

export const WithdrawBody = Type.Object(
  {
    reason: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'why the question is taken back; stands in the history',
    }),
    conversation_id: Type.Optional(Conversation),
  },
  closed,
);

export const NewSignal = Type.Object(
  {
    kind: Type.Enum([...blockerKinds], {
      description:
        'kind of the event. `human_input`, `mission` and `time` are always refused, because only the user responds, and the product itself sees the end of a mission and the time; `email_reply` is refused from agents, because replies come by mail',
    }),
    reference: Type.String({ minLength: 1, maxLength: 255 }),
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'a second signal with the same id changes nothing; default: a new id',
      }),
    ),
    data: Type.Optional(JsonObject),
    final: Type.Optional(
      Type.Boolean({
        description: 'false: more signals will follow, as after the first of several replies; default true',
      }),
    ),
  },
  closed,
);
export type NewSignal = Static<typeof NewSignal>;

export const MissionFilter = Type.Object(
  {
    status: Type.Optional(Type.Array(Type.Enum([...missionStatuses]), { minItems: 1 })),
    priority: Type.Optional(Type.Array(Type.Enum([...priorities]), { minItems: 1 })),
    phase: Type.Optional(Type.Array(Type.Enum([...phases]), { minItems: 1 })),
    agent_id: Type.Optional(Identifier),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description: 'words in title, description or tasks, in any form; "a phrase" as it is written, or, -not',
      }),
    ),
    blocked_by: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    due_before: Type.Optional(Time),
    updated_since: Type.Optional(Time),
    needs_attention: Type.Optional(Type.Boolean()),
    include_tasks: Type.Optional(Type.Boolean()),
    include_recent_events: Type.Optional(Type.Integer({ minimum: 0, maximum: 50 })),
    sort: Type.Optional(Type.Enum([...missionSorts])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Cursor),
  },
  closed,
);
export type MissionFilter = Static<typeof MissionFilter>;

export const EventFilter = Type.Object(
  {
    order: Type.Optional(Type.Enum(['asc', 'desc'])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Cursor),
  },
  closed,
);
export type EventFilter = Static<typeof EventFilter>;
