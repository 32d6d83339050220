import { type Static, Type } from 'typebox';
import { defineRequest } from './request.ts';
import { type ServiceName, serviceNames } from './subjects.ts';
import { closed, Identifier, JsonObject, Nullable, Time, Uuid } from './fields.ts';
import { webhookStatuses } from './notifier/webhooks.ts';
import { keyScopes } from './key-scopes.ts';
import { Used } from './scheduler/limits.ts';
import { runReasons, runStatuses } from './scheduler/runs.ts';
import { timerOwners } from './scheduler/timers.ts';

/** What operators see and do in the browser (specification section 5 "Operators"), as `npm run missions` does it. */
const Count = Type.Integer({ minimum: 0 });

export const ServiceClock = Type.Object({
  virtual: Type.Boolean({ description: 'a test moves it; otherwise it is the database’s' }),
  host_ahead_ms: Type.Integer({ description: 'of the machine’s own clock; negative: it is behind' }),
});
export type ServiceClock = Static<typeof ServiceClock>;

export const Outbox = Type.Object({
  service: Type.Enum([...serviceNames]),
  copies: Type.Integer({ minimum: 0, description: 'running processes of the service' }),
  pending: Type.Integer({ minimum: 0, description: 'events that are committed and not yet published' }),
  oldest_ms: Type.Number({ minimum: 0, description: 'age of the oldest of them' }),
  kept_since: Type.Union([Time, Type.Null()], { description: 'the oldest published event that is still kept' }),
  oldest: Type.Array(
    Type.Object({ position: Type.String(), type: Type.String(), mission_id: Type.String(), time: Type.String() }),
  ),
  /** Absent from a copy of the version before. */
  clock: Type.Optional(ServiceClock),
});
export type Outbox = Static<typeof Outbox>;

export const StreamState = Type.Object({
  stream: Type.String(),
  state: Type.Union(
    [
      Type.Object({
        messages: Count,
        bytes: Count,
        max_bytes: Type.Number({ description: 'negative: unlimited' }),
        oldest_at: Type.String(),
        newest_at: Type.String(),
      }),
      Type.Null(),
    ],
    { description: 'null if there is no such stream' },
  ),
  consumers: Type.Array(
    Type.Object({
      consumer: Type.String(),
      pending: Count,
      ack_pending: Count,
      redelivered: Count,
      waiting: Count,
    }),
  ),
});

export const TimerCounts = Type.Object({
  pending: Type.Integer({ minimum: 0, description: 'counted up to 100,000' }),
  overdue: Count,
  next_due_at: Nullable(Time),
});
export type TimerCounts = Static<typeof TimerCounts>;

export const MailQueue = Type.Object({
  queued: Count,
  oldest_queued_at: Nullable(Time),
  last_error: Type.String(),
  set_aside: Type.Integer({ minimum: 0, description: 'messages from outside that could not be read' }),
});
export type MailQueue = Static<typeof MailQueue>;

export const PushEndpoint = Type.Object({
  address: Type.String(),
  reached: Type.Boolean(),
  since: Time,
  failures: Count,
  error: Type.String(),
  next_attempt_at: Nullable(Time),
});
export type PushEndpoint = Static<typeof PushEndpoint>;

const killScopes = ['all', 'customer', 'user', 'mission'] as const;

const target = {
  scope: Type.Enum([...killScopes]),
  customer_id: Type.Optional(Type.String({ maxLength: 255, description: 'of the scopes `customer` and `user`' })),
  user_id: Type.Optional(Type.String({ maxLength: 255, description: 'of the scope `user`' })),
  mission_id: Type.Optional(Type.String({ format: 'uuid', description: 'of the scope `mission`' })),
};
export const KillSwitchState = Type.Object(
  {
    ...target,
    scope: Type.Enum([...killScopes, 'own'], {
      description: '`own`: of a user, by themselves; operators cannot lift it',
    }),
    set_at: Time,
    set_by: Type.String({
      description: 'the operator: `<customer>:<user>`, or a name on a machine; empty if not known',
    }),
    reason: Type.String({ description: 'as the operator wrote it; may be empty' }),
  },
  { $id: 'KillSwitch' },
);
export type KillSwitchState = Static<typeof KillSwitchState>;
/** Whose runs are stopped, or go on again. */
export const KillSwitchChange = Type.Object(
  {
    ...target,
    on: Type.Boolean(),
    reason: Type.Optional(Type.String({ maxLength: 500, description: 'why it is turned on; operators see it' })),
  },
  closed,
);
export type KillSwitchChange = Static<typeof KillSwitchChange>;
export const KillSwitchChanged = Type.Object({
  ...target,
  on: Type.Boolean(),
  changed: Type.Boolean({ description: 'false: it was in that position already' }),
});

const letter = {
  sequence: Type.Integer({ minimum: 1 }),
  at: Time,
  service: Type.String({ description: 'which could not handle it' }),
  subject: Type.String(),
  reason: Type.String(),
  attempts: Count,
  event_id: Type.String(),
  customer_id: Type.String(),
  mission_id: Type.String(),
};
export const DeadLetterSummary = Type.Object(letter, { $id: 'DeadLetter' });
export const DeadLetterContent = Type.Object(
  { ...letter, headers: Type.Record(Type.String(), Type.String()), body: Type.String() },
  { $id: 'DeadLetterContent' },
);
export const DeadLetterFilter = Type.Object(
  {
    service: Type.Optional(Type.Enum([...serviceNames])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: 'the newest; default 100' })),
  },
  closed,
);

export const PendingTimer = Type.Object({
  owner: Type.Enum([...timerOwners]),
  key: Type.String(),
  revision: Type.Integer(),
  customer_id: Type.String(),
  mission_id: Nullable(Type.String()),
  fire_at: Time,
  overdue_ms: Type.Number({ minimum: 0 }),
});
export const TimerFilter = Type.Object(
  {
    owner: Type.Optional(Type.Enum([...timerOwners])),
    mission_id: Type.Optional(Uuid),
    due_before: Type.Optional(Time),
    limit: Type.Optional(Type.Integer({ minimum: 0, maximum: 500, description: 'default 50' })),
  },
  closed,
);
export type TimerFilter = Static<typeof TimerFilter>;
export const TimerList = Type.Object({ ...TimerCounts.properties, timers: Type.Array(PendingTimer) });

export const RunSummary = Type.Object({
  id: Uuid,
  status: Type.Enum([...runStatuses]),
  mission_id: Uuid,
  customer_id: Identifier,
  user_id: Identifier,
  agent_id: Nullable(Type.String()),
  reason: Type.Enum([...runReasons]),
  attempt: Type.Integer(),
  fence: Nullable(Type.Integer()),
  requested_at: Time,
  claimed_at: Nullable(Time),
  lease_expires_at: Nullable(Time),
  finished_at: Nullable(Time),
  error: Nullable(Type.String()),
});
export const RunSummaryFilter = Type.Object(
  {
    status: Type.Optional(Type.Enum([...runStatuses])),
    mission_id: Type.Optional(Uuid),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: 'default 50' })),
  },
  closed,
);
export type RunSummaryFilter = Static<typeof RunSummaryFilter>;
export const RunList = Type.Object({ runs: Type.Array(RunSummary) });

export const UsedByUser = Type.Object(
  { customer_id: Identifier, user_id: Identifier, runs: Count, ...Used.properties },
  { $id: 'UsedByUser', description: 'what agents have used for a user in the days that were asked for' },
);
export type UsedByUser = Static<typeof UsedByUser>;
export const UsedByUsersFilter = Type.Object(
  {
    customer_id: Type.Optional(Identifier),
    user_id: Type.Optional(Identifier),
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 35, description: 'days of UTC, today among them; default 30' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: 'default 100' })),
  },
  closed,
);
export const UsedByUsers = Type.Object({ usage: Type.Array(UsedByUser) });

export const OperatedWebhook = Type.Object(
  {
    customer_id: Identifier,
    id: Uuid,
    url: Type.String(),
    description: Type.String(),
    status: Type.Enum([...webhookStatuses]),
    failing_since: Nullable(Time),
    last_error: Type.String({ description: 'why the latest attempt failed; empty after a success' }),
    disabled_at: Nullable(Time),
    pending: Count,
    undelivered: Type.Integer({ minimum: 0, description: 'given up, and kept for 14 days' }),
  },
  { $id: 'OperatedWebhook' },
);
export type OperatedWebhook = Static<typeof OperatedWebhook>;
/** Those that are in trouble come first. */
export const OperatedWebhooks = Type.Object({ total: Count, webhooks: Type.Array(OperatedWebhook) });
export const AgentKeySummary = Type.Object(
  {
    id: Uuid,
    customer_id: Identifier,
    agent_id: Identifier,
    users: Nullable(Type.Array(Identifier, { description: 'that it may name; null: every user of the customer' })),
    scopes: Nullable(Type.Array(Type.Enum([...keyScopes]), { description: 'null: all' })),
    label: Type.String(),
    created_at: Time,
    last_used_at: Nullable(Time),
    expires_at: Nullable(Time),
    revoked_at: Nullable(Time),
  },
  { $id: 'AgentKey', description: 'an agent’s key, without anything that opens something' },
);
export const AgentKeyFilter = Type.Object(
  {
    customer_id: Type.Optional(Identifier),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: 'the newest; default 100' })),
  },
  closed,
);

/** null: could not be read; `problems` says why. */
export const OperateStatus = Type.Object(
  {
    version: Type.String(),
    ready: Type.Boolean({ description: 'of the copy of the gateway that answers' }),
    checks: JsonObject,
    services: Type.Array(
      Type.Object({
        service: Type.Enum([...serviceNames]),
        copies: Nullable(Count),
        pending: Nullable(Count),
        oldest_ms: Nullable(Type.Number({ minimum: 0 })),
        kept_since: Nullable(Time),
        clock: Type.Optional(Nullable(ServiceClock)),
      }),
    ),
    streams: Nullable(Type.Array(StreamState)),
    dead_letters: Nullable(Count),
    timers: Nullable(TimerCounts),
    mail: Nullable(MailQueue),
    push_endpoints: Nullable(Type.Array(PushEndpoint)),
    kill_switches: Nullable(Type.Array(KillSwitchState)),
    webhooks: Nullable(OperatedWebhooks),
    problems: Type.Array(Type.String()),
  },
  { $id: 'OperateStatus' },
);
export type OperateStatus = Static<typeof OperateStatus>;

/**
 * The same, asked of the services; each answers of its own schema, and only for an operator (`caller.kind`), whom the
 * gateway has recognised.
 */
const Nothing = Type.Object({});
export const inspectOutbox = (service: ServiceName) => defineRequest(service, 'operate_outbox', Nothing, Outbox);
export const inspectTimers = defineRequest('scheduler', 'operate_timers', TimerFilter, TimerList);
export const inspectRuns = defineRequest('scheduler', 'operate_runs', RunSummaryFilter, RunList);
export const inspectUsage = defineRequest('scheduler', 'operate_usage', UsedByUsersFilter, UsedByUsers);
export const inspectMail = defineRequest('email-bridge', 'operate_mail', Nothing, MailQueue);
export const PushEndpoints = Type.Object({ push_endpoints: Type.Array(PushEndpoint) });
export const inspectPushes = defineRequest('scheduler', 'operate_pushes', Nothing, PushEndpoints);
export const inspectWebhooks = defineRequest('notifier', 'operate_webhooks', Nothing, OperatedWebhooks);
export const KillSwitches = Type.Object({ kill_switches: Type.Array(KillSwitchState) });
export const listKillSwitches = defineRequest('scheduler', 'operate_kill_switches', Nothing, KillSwitches);
export const changeKillSwitch = defineRequest('scheduler', 'operate_kill_switch', KillSwitchChange, KillSwitchChanged);
