import { type Static, Type } from 'typebox';
import { closed, Identifier, JsonObject, LongText, Nullable, Time, Uuid } from '../fields.ts';
import { truncate } from '../truncate.ts';
import { Action, Edits } from './action.ts';
import { Approval, MAX_ASSIGNEES } from './several-people.ts';

/** An input request (specification section 3.5): its vocabulary, request bodies and representations. */
export const inputRequestStatuses = ['pending', 'responded', 'expired', 'cancelled'] as const;
export type InputRequestStatus = (typeof inputRequestStatuses)[number];
export const urgencies = ['low', 'normal', 'high'] as const;

export const MIN_EXPIRY_HOURS = 1 / 60;
export const MAX_EXPIRY_HOURS = 90 * 24;
export const DEFAULT_EXPIRY_HOURS = 7 * 24;
/**
 * Shortest expiry of an input request with a default option: the user must have this long to respond before the default
 * is taken.
 */
export const MIN_DEFAULT_HOURS = 1;

export const Option = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 100 }),
    label: Type.String({ minLength: 1, maxLength: 500 }),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  closed,
);

/**
 * What a question proposes for its mission. The product gives such a question its options; only the user's `approve`
 * makes it so.
 */
export const Proposal = Type.Object(
  {
    can_run_autonomously: Type.Optional(Type.Literal(true, { description: 'agents may work while the user is away' })),
    max_lifetime_hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 87_600 })),
  },
  { ...closed, minProperties: 1 },
);
export type Proposal = Static<typeof Proposal>;

export const NewInputRequest = Type.Object(
  {
    prompt: Type.String({ minLength: 1, maxLength: 10_000 }),
    options: Type.Optional(Type.Array(Option, { maxItems: 50 })),
    allow_freeform: Type.Optional(Type.Boolean({ description: 'default true' })),
    context: Type.Optional(Nullable(JsonObject)),
    urgency: Type.Optional(Type.Enum([...urgencies])),
    task_id: Type.Optional(Nullable(Uuid)),
    expires_in_hours: Type.Optional(
      Type.Number({
        minimum: MIN_EXPIRY_HOURS,
        maximum: MAX_EXPIRY_HOURS,
        description: `default ${DEFAULT_EXPIRY_HOURS}`,
      }),
    ),
    remind_in_hours: Type.Optional(Type.Number({ minimum: MIN_EXPIRY_HOURS, maximum: MAX_EXPIRY_HOURS })),
    default_option: Type.Optional(
      Nullable(
        Type.String({
          minLength: 1,
          maxLength: 100,
          description: 'id of the option that is taken if the user does not respond in time',
        }),
      ),
    ),
    on_timeout: Type.Optional(Type.Enum(['fail', 'resume'])),
    proposes: Type.Optional(Proposal),
    action: Type.Optional(Nullable(Action)),
    irreversible: Type.Optional(Type.Boolean({ description: 'approved by a second deliberate act only' })),
    edits: Type.Optional(Nullable(Edits)),
    assignees: Type.Optional(
      Type.Array(Identifier, {
        maxItems: MAX_ASSIGNEES,
        description: 'further users of the customer who see and may answer the question',
      }),
    ),
    quorum: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_ASSIGNEES + 1,
        description: 'default 1; how many different people must approve; one refusal ends it',
      }),
    ),
    escalate_to: Type.Optional(
      Nullable({ ...Identifier, description: 'a user who is told before the question ends, and may answer it then' }),
    ),
    conversation_id: Type.Optional(Type.String({ maxLength: 255 })),
  },
  closed,
);
export type NewInputRequest = Static<typeof NewInputRequest>;

export const InputResponse = Type.Object(
  {
    selected_option: Type.Optional(Nullable(Type.String({ maxLength: 100 }))),
    freeform_text: Type.Optional(Nullable(LongText)),
    note: Type.Optional(Nullable(Type.String({ maxLength: 10_000, description: 'words to go with the choice' }))),
    edits: Type.Optional(Nullable(JsonObject)),
    confirmed: Type.Optional(
      Type.Boolean({ description: 'the second deliberate act, with which an irreversible action is approved' }),
    ),
  },
  closed,
);
export type InputResponse = Static<typeof InputResponse>;

/**
 * How a question was answered: `api`; `link`, by the address in a mail; `rule:<id>`, by what its user has decided
 * beforehand; or `timeout` if the user did not respond and the default was taken, which never counts as an approval.
 */
export type Via = 'api' | 'link' | 'timeout' | ViaRule;
export type ViaRule = `rule:${string}`;
const Via = Type.Unsafe<Via>({
  type: 'string',
  pattern: '^(?:api|link|timeout|rule:[0-9a-f-]{36})$',
  description: 'api, link, timeout, or rule:<id of the rule>',
});
export const isByRule = (via: Via): via is ViaRule => via.startsWith('rule:');

export const Response = Type.Object({
  selected_option: Nullable(Type.String()),
  freeform_text: Nullable(Type.String()),
  responded_by: Nullable(Identifier),
  /** Who has delegated to them, and whose answer it is (specification section 8 "Delegation"). */
  on_behalf_of: Type.Optional(Identifier),
  via: Via,
  note: Type.Optional(Type.String()),
  edits: Type.Optional(JsonObject),
  /** Where the question's action was approved: the action with the edits. */
  effective_action: Type.Optional(Action),
  /** Proves the approval of `effective_action` to whoever does it (specification section 8 "Receipts"). */
  receipt: Type.Optional(Type.String()),
  /** Everybody who has approved, the last one included, where several had to. */
  approved_by: Type.Optional(Type.Array(Approval)),
});
export type Response = Static<typeof Response>;

/**
 * The texts of a task that a question is about, as the user is shown them: what the user answers was asked about these
 * words, whatever the task is called later.
 */
export const TaskTexts = Type.Object({ title: Type.String(), description: Type.String() });
export type TaskTexts = Static<typeof TaskTexts>;
export const MAX_TASK_DESCRIPTION = 10_000;
export const taskTexts = ({ title, description }: TaskTexts): TaskTexts => ({
  title,
  description: truncate(description, MAX_TASK_DESCRIPTION),
});

/** The task as it read when the question was asked, and, beside it, as it reads since its latest change. */
export const TaskAsAsked = Type.Object({
  ...TaskTexts.properties,
  changed: Nullable(Type.Object({ ...TaskTexts.properties, changed_at: Time })),
});

/** What a question may carry besides its words. Absent in what older versions wrote. */
const carried = {
  action: Type.Optional(Nullable(Action)),
  irreversible: Type.Optional(Type.Boolean()),
  edits: Type.Optional(Nullable(Edits)),
  assignees: Type.Optional(Type.Array(Identifier)),
  quorum: Type.Optional(Type.Integer({ minimum: 1 })),
  escalate_to: Type.Optional(Nullable(Identifier)),
  /** From then on `escalate_to` sees the question, and may answer it. */
  escalate_at: Type.Optional(Nullable(Time)),
};

const fields = {
  id: Uuid,
  request_id: Uuid,
  customer_id: Identifier,
  user_id: Identifier,
  mission_id: Uuid,
  task_id: Nullable(Uuid),
  /** Absent in what older versions wrote; null for a question about the whole mission. */
  task: Type.Optional(Nullable(TaskAsAsked)),
  conversation_id: Type.String(),
  prompt: Type.String(),
  options: Type.Array(Option),
  allow_freeform: Type.Boolean(),
  context: Nullable(JsonObject),
  urgency: Type.Enum([...urgencies]),
  status: Type.Enum([...inputRequestStatuses]),
  response: Nullable(Response),
  responded_at: Nullable(Time),
  expires_at: Time,
  default_option: Nullable(Type.String()),
  remind_at: Nullable(Time),
  created_at: Time,
  /** Who asks; absent in what older versions wrote. */
  agent_id: Type.Optional(Nullable(Identifier)),
  ...carried,
  /** Who has approved so far, of a question that several must approve. */
  approvals: Type.Optional(Type.Array(Approval)),
};
export const InputRequest = Type.Object(fields, { $id: 'InputRequest' });
export type InputRequest = Static<typeof InputRequest>;

export const InputRequestPage = Type.Object(
  {
    input_requests: Type.Array(InputRequest),
    next_cursor: Nullable(Type.String()),
    omitted: Type.Optional(
      Type.Integer({ minimum: 1, description: 'how many follow; in a list of one mission, if any do' }),
    ),
  },
  { $id: 'InputRequestPage' },
);

/** What a user has decided: the question, and the user's own answer to it. */
export const Decision = Type.Object(
  {
    request_id: Uuid,
    mission_id: Uuid,
    task_id: Nullable(Uuid),
    task: Nullable(Type.Object({ title: Nullable(Type.String()) })),
    question: Type.String(),
    answer: Type.Object({
      selected_option: Nullable(Type.String()),
      label: Nullable(Type.String({ description: 'what the option said' })),
      freeform_text: Nullable(Type.String()),
      note: Type.Optional(Type.String()),
    }),
    /** Of a question whose action was approved. */
    effective_action: Type.Optional(Action),
    receipt: Type.Optional(Type.String()),
    asked_at: Time,
    decided_at: Time,
    via: Response.properties.via,
    responded_by: Type.Optional({ ...Identifier, description: 'of an answer on behalf of somebody' }),
    on_behalf_of: Type.Optional({ ...Identifier, description: 'whose answer it is, if it was delegated' }),
  },
  { $id: 'Decision' },
);
export type Decision = Static<typeof Decision>;
export const DecisionPage = Type.Object(
  { items: Type.Array(Decision), next_cursor: Nullable(Type.String()) },
  { $id: 'DecisionPage' },
);

/**
 * A complete input request, as the mission service passes it to the approval service: every default is filled in and
 * every time is absolute, so that the approval service's upsert depends on nothing else and may happen twice.
 */
export const AskedInputRequest = Type.Object({
  id: Uuid,
  customer_id: Identifier,
  user_id: Identifier,
  mission_id: Uuid,
  task_id: Nullable(Uuid),
  /** `as_of`: the mission's version with these texts, so that only later changes are shown as such. */
  task: Type.Optional(Nullable(Type.Object({ ...TaskTexts.properties, as_of: Type.Integer({ minimum: 1 }) }))),
  conversation_id: Type.String(),
  prompt: Type.String(),
  options: Type.Array(Option),
  allow_freeform: Type.Boolean(),
  context: Nullable(JsonObject),
  urgency: Type.Enum([...urgencies]),
  expires_at: Time,
  default_option: Nullable(Type.String()),
  remind_at: Nullable(Time),
  created_at: Time,
  agent_id: Type.Optional(Nullable(Identifier)),
  ...carried,
});
export type AskedInputRequest = Static<typeof AskedInputRequest>;

/** A question as it stands when it is asked. */
export const askedRepresentation = (asked: AskedInputRequest): InputRequest => ({
  ...asked,
  task: asked.task ? { title: asked.task.title, description: asked.task.description, changed: null } : null,
  request_id: asked.id,
  status: 'pending',
  response: null,
  responded_at: null,
  agent_id: asked.agent_id ?? null,
  ...carriedBy(asked),
  approvals: [],
});

/** What a question says of its action and of who answers, with the defaults of one that says nothing. */
export const carriedBy = (asked: Partial<AskedInputRequest>) => {
  const { action = null, irreversible = false, edits = null } = asked;
  const { assignees = [], quorum = 1, escalate_to = null, escalate_at = null } = asked;
  return { action, irreversible, edits, assignees, quorum, escalate_to, escalate_at };
};
