import { type Static, Type } from 'typebox';
import { closed, Cursor, Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { ResumeBundle, TaskCounts } from '../mission/representation.ts';
import { Usage, Used } from './limits.ts';
import { defineRequest } from '../request.ts';

/**
 * Autonomous runs (specification sections 3.7 and 8): one turn of an agent on a mission, by one agent at a time. The
 * scheduler decides when a run is due and gives it to a claiming agent. The mission service owns the fence: a claim
 * raises it there, so that writes of a run that lost its lease are refused before the claim gets its response.
 */
export const runStatuses = ['queued', 'claimed', 'succeeded', 'failed', 'expired'] as const;
export const runReasons = ['interval', 'unblocked', 'created', 'retry'] as const;

/** Why a lease was lost: the member `reason` of `LEASE_LOST`, where it is known. */
export const leaseLosses = ['paused', 'ended', 'switched_off', 'stopped', 'budget', 'taken_over', 'expired'] as const;
export type LeaseLoss = (typeof leaseLosses)[number];

const LOST =
  'The lease of this run has ended, and another agent may hold the mission now. Stop working on this run, and claim again.';
const DETAILS: Readonly<Record<LeaseLoss, string>> = {
  paused: 'The mission was paused, which ends this run. Stop working on this run, and claim again.',
  ended: 'The mission has ended, and this run with it. Stop working on this run, and claim again.',
  switched_off:
    'An operator has switched off the runs of this mission. Stop working on this run; none is granted until they are switched on.',
  stopped:
    'The user has stopped all work of agents for them. Stop working on this run; none is granted until they let agents go on.',
  budget:
    'What agents may use for this mission in a day is spent. Stop working on this run; the next is ' +
    'granted when the budget renews, at midnight of the user.',
  taken_over: 'Another agent holds the mission now. Stop working on this run, and claim again.',
  expired: 'The lease ended before it was extended. Stop working on this run, claim again, and send heartbeats sooner.',
};

/** The detail of `LEASE_LOST`, by its reason. */
export const leaseLostDetail = (reason?: LeaseLoss): string => (reason === undefined ? LOST : DETAILS[reason]);

export const MIN_LEASE_SECONDS = 10;
export const MAX_LEASE_SECONDS = 900;
export const DEFAULT_LEASE_SECONDS = 120;
export const MAX_WAIT_SECONDS = 60;

export const Run = Type.Object(
  {
    id: Uuid,
    mission_id: Uuid,
    customer_id: Identifier,
    user_id: Identifier,
    /** The agent that claimed the run; null while it is queued for any agent. */
    agent_id: Nullable(Identifier),
    reason: Type.Enum([...runReasons]),
    status: Type.Enum([...runStatuses]),
    attempt: Type.Integer({ minimum: 1 }),
    lease_expires_at: Nullable(Time),
    fence: Nullable(Type.Integer({ minimum: 1 })),
    requested_at: Time,
    claimed_at: Nullable(Time),
    finished_at: Nullable(Time),
    error: Type.String(),
  },
  { $id: 'Run' },
);
export type Run = Static<typeof Run>;

/**
 * What has happened to the mission of a held run since the heartbeat before: it was paused, something that it waited for
 * has come, its user has written or acted.
 */
export const runOrders = ['paused', 'answered', 'message'] as const;
export type RunOrder = (typeof runOrders)[number];

export const Heartbeat = Type.Object(
  {
    ...Run.properties,
    orders: Type.Array(Type.Enum([...runOrders]), {
      description:
        'what has happened since the heartbeat before: the mission was paused, something that it waited ' +
        'for has come, its user has written or acted. Read the mission again',
    }),
  },
  { $id: 'Heartbeat' },
);

export const ClaimBody = Type.Object(
  {
    agent_id: Type.Optional(Identifier),
    wait_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: MAX_WAIT_SECONDS })),
    lease_seconds: Type.Optional(
      Type.Number({ minimum: MIN_LEASE_SECONDS, maximum: MAX_LEASE_SECONDS, description: 'default 120' }),
    ),
  },
  closed,
);
export const HeartbeatBody = Type.Object({ fence: Type.Integer({ minimum: 1 }), usage: Type.Optional(Usage) }, closed);
export const FinishBody = Type.Object(
  {
    fence: Type.Integer({ minimum: 1 }),
    status: Type.Enum(['succeeded', 'failed']),
    error: Type.Optional(Type.String({ maxLength: 2000 })),
    usage: Type.Optional(Usage),
    again: Type.Optional(
      Type.Boolean({
        description:
          'with succeeded: there is more to do now, and the mission gets its next run at once instead of after an interval',
      }),
    ),
  },
  closed,
);

/** `run: null`: no run is queued. `context` is the response of resume, read without its side effects. */
export const Claimed = Type.Object(
  {
    run: Nullable(Run),
    context: Nullable(ResumeBundle),
    missing: Type.Optional(
      Type.Array(Type.Enum(['input_requests', 'emails']), {
        description:
          'parts of the context that could not be read in time: their lists are empty although there may be entries',
      }),
    ),
  },
  { $id: 'Claimed' },
);
const ListedRun = Type.Object({ ...Run.properties, usage: Used });
export type ListedRun = Static<typeof ListedRun>;
export const RunPage = Type.Object(
  { runs: Type.Array(ListedRun), next_cursor: Nullable(Type.String()) },
  { $id: 'RunPage' },
);

/** Requests of the gateway. A caller can claim runs of its customer that are queued for its agent or for any agent. */
export const claimRun = defineRequest(
  'scheduler',
  'claim',
  Type.Object({
    wait_seconds: Type.Number(),
    lease_seconds: Type.Number(),
    /** By which `withdrawClaim` names this claim. */
    claim_id: Type.Optional(Uuid),
  }),
  Claimed,
);
/**
 * The caller of a waiting claim has hung up, or has lost its credential: the claim takes no run. Every replica receives
 * it; the one at which the claim waits answers the claim without a run.
 */
export const withdrawClaim = defineRequest(
  'scheduler',
  'withdraw_claim',
  Type.Object({ claim_id: Uuid }),
  Type.Object({}),
);
/** A granted run did not reach its caller: it is queued again at once. No error if the lease is lost already. */
export const returnRun = defineRequest(
  'scheduler',
  'return_run',
  Type.Object({ run_id: Uuid, fence: Type.Integer() }),
  Type.Object({}),
);
/** Why a run lost its lease; `reason` is left out if that is not known. */
export const leaseLoss = defineRequest(
  'scheduler',
  'lease_loss',
  Type.Object({ run_id: Uuid, fence: Type.Integer() }),
  Type.Object({ reason: Type.Optional(Type.Enum([...leaseLosses])) }),
);
/** Whether a kill switch stops the mission, which belongs to the caller's customer and user. */
export const isSwitchedOff = defineRequest(
  'scheduler',
  'switched_off',
  Type.Object({ mission_id: Uuid }),
  Type.Object({ switched_off: Type.Boolean() }),
);
export const heartbeatRun = defineRequest(
  'scheduler',
  'heartbeat',
  Type.Object({ run_id: Uuid, fence: Type.Integer(), usage: Type.Optional(Usage) }),
  Heartbeat,
);
export const finishRun = defineRequest(
  'scheduler',
  'finish',
  Type.Object({
    run_id: Uuid,
    fence: Type.Integer(),
    status: Type.Enum(['succeeded', 'failed']),
    error: Type.Optional(Type.String()),
    usage: Type.Optional(Usage),
    again: Type.Optional(Type.Boolean()),
  }),
  Run,
);
export const RunsFilter = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  cursor: Type.Optional(Cursor),
};
export const listRuns = defineRequest(
  'scheduler',
  'list_runs',
  Type.Object({ mission_id: Uuid, ...RunsFilter }),
  RunPage,
);

/**
 * Requests of the scheduler to the mission service. `grant`: if the mission can still be run, increments its fence,
 * makes the run its current one, logs `run_started` and returns the fence with the context; otherwise refused with
 * `INVALID_TRANSITION`, `MISSION_NOT_FOUND` or `MISSION_CLOSED`. `settle`: ends the run, increments the fence and logs
 * `run_finished`; refused with `LEASE_LOST` if another run is current or the fence is newer.
 */
export const grantRun = defineRequest(
  'mission',
  'grant_run',
  Type.Object({
    mission_id: Uuid,
    run_id: Uuid,
    agent_id: Nullable(Identifier),
    attempt: Type.Integer({ minimum: 1 }),
    reason: Type.Enum([...runReasons]),
  }),
  Type.Object({ fence: Type.Integer(), context: ResumeBundle }),
);
export const settleRun = defineRequest(
  'mission',
  'settle_run',
  Type.Object({
    mission_id: Uuid,
    run_id: Uuid,
    fence: Type.Integer(),
    status: Type.Enum(['succeeded', 'failed', 'expired']),
    error: Type.String(),
    /** True after too many failures in a row: the system pauses the mission and records the reason. */
    pause: Type.Boolean(),
    /** The run asked for another turn at once. */
    again: Type.Optional(Type.Boolean()),
  }),
  Type.Object({
    fence: Type.Integer(),
    version: Type.Integer(),
    /** Left out by mission services older than this member. */
    task_counts: Type.Optional(TaskCounts),
  }),
);
