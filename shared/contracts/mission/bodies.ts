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

/** What callers send (specification section 5). Defaults are applied by the mission service, so that "not sent" stays visible until then. */

const Conversation = Type.String({ maxLength: 255, description: "the caller's own name for a chat" });
const LifetimeHours = Type.Integer({ minimum: 1, maximum: 87_600, description: 'hours; default 168' });
export const MAX_TASKS_PER_CALL = 200;

export const WaitFor = Type.Object(
  {
    kind: Type.Enum(blockerKinds.filter((kind) => kind !== 'human_input')),
    reference: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "default: the task's id" })),
    timeout_hours: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 8760, description: 'default 24' })),
    until: Type.Optional(
      Type.Enum(['all', 'any'], { description: 'of several replies; default all: until the final signal' }),
    ),
    on_signal: Type.Optional(
      Type.Enum(['resume', 'complete'], { description: 'what becomes of the task; default complete' }),
    ),
    on_timeout: Type.Optional(Type.Enum(['fail', 'resume'], { description: 'what becomes of the task; default fail' })),
    accept_after: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'take signals received since then; default: since the mission was created',
      }),
    ),
    reason: Type.Optional(Type.String({ maxLength: 500, description: 'shown wherever the wait is' })),
  },
  closed,
);
export type WaitFor = Static<typeof WaitFor>;

const newTask = {
  title: Title,
  description: Type.Optional(LongText),
  order: Type.Optional(Order),
  ref: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'a name for this task within this call' }),
  ),
  depends_on: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: MAX_TASKS_PER_CALL,
      description: 'ids of tasks of this mission, or refs of this call',
    }),
  ),
  wait_for: Type.Optional(WaitFor),
  wait_for_external: Type.Optional(Type.Boolean({ description: 'older form of wait_for' })),
  external_event_type: Type.Optional(Type.Enum(blockerKinds.filter((kind) => kind !== 'human_input'))),
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
      Type.Boolean({ description: 'agents are offered runs of it while no user is there; default false' }),
    ),
    max_lifetime_hours: Type.Optional(LifetimeHours),
    metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: "the caller's own" })),
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
      Type.Enum(['planning', 'executing'], { description: 'a command: executing, or planning to plan anew' }),
    ),
    blocked_by: Type.Optional(
      Type.String({
        maxLength: 255,
        description: '`kind:reference`, or text for a manual wait; "" ends what may be ended by hand',
      }),
    ),
    blocked_reason: Type.Optional(Type.String({ maxLength: 500 })),
    priority: Type.Optional(Type.Enum([...priorities])),
    title: Type.Optional(Title),
    description: Type.Optional(LongText),
    due_at: Type.Optional(Nullable(Time)),
    can_run_autonomously: Type.Optional(
      Type.Boolean({ description: 'agents are offered runs of it while no user is there; default false' }),
    ),
    max_lifetime_hours: Type.Optional(LifetimeHours),
    outcome: Type.Optional(
      Type.Enum([...outcomes], { description: 'with the status that ends the mission; default by it' }),
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
          'where to: in_progress, completed, failed, skipped, waiting_external or blocked (with blocked_by), ready to retry a failed one',
      }),
    ),
    title: Type.Optional(Title),
    description: Type.Optional(LongText),
    order: Type.Optional(Order),
    depends_on: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: MAX_TASKS_PER_CALL }),
    ),
    error: Type.Optional(Type.String({ maxLength: 100_000, description: 'why it failed' })),
    result: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'merged into what is there, by top-level key' }),
    ),
    blocked_by: Type.Optional(
      Type.String({
        maxLength: 255,
        description: '`kind:reference` opens a wait, other text a manual one, "" ends what may be ended by hand',
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

export const NewSignal = Type.Object(
  {
    kind: Type.Enum(
      blockerKinds.filter((kind) => kind !== 'human_input'),
      { description: 'what happened; a question is answered by its user only' },
    ),
    reference: Type.String({ minLength: 1, maxLength: 255 }),
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'the same id again is the same signal; none: a new one',
      }),
    ),
    data: Type.Optional(JsonObject),
    final: Type.Optional(
      Type.Boolean({ description: 'default true; false: more will follow, as with the first of several replies' }),
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
        description: 'words in title, description or tasks; "a phrase", or, -not',
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
