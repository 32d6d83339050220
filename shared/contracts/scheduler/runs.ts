import { type Static, Type } from 'typebox';
import { closed, Cursor, Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { ResumeBundle } from '../mission/representation.ts';
import { defineRequest } from '../request.ts';

/**
 * Autonomous runs (specification section 3.7 and 8): one turn of an agent on a mission, by one agent at a time. The scheduler decides when and offers;
 * the mission service owns the fence, so that claiming asks it, and a lost lease is known there before the claim is answered.
 */
export const runStatuses = ['queued', 'claimed', 'succeeded', 'failed', 'expired'] as const;
export const runReasons = ['interval', 'unblocked', 'created', 'retry'] as const;

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
    /** Who has claimed it; null while it is queued for any agent. */
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
export const HeartbeatBody = Type.Object({ fence: Type.Integer({ minimum: 1 }) }, closed);
export const FinishBody = Type.Object(
  {
    fence: Type.Integer({ minimum: 1 }),
    status: Type.Enum(['succeeded', 'failed']),
    error: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  closed,
);

/** `run: null`: nothing to do. `context` is what resume gives, without its side effects. */
export const Claimed = Type.Object(
  {
    run: Nullable(Run),
    context: Nullable(ResumeBundle),
    missing: Type.Optional(
      Type.Array(Type.Enum(['input_requests', 'emails']), {
        description:
          'parts of the context that could not be had in time: their lists are empty, which does not mean that there is nothing',
      }),
    ),
  },
  { $id: 'Claimed' },
);
export const RunPage = Type.Object({ runs: Type.Array(Run), next_cursor: Nullable(Type.String()) }, { $id: 'RunPage' });

/** Asked by the gateway. Claims of a caller get runs of its customer, for its agent or for any. */
export const claimRun = defineRequest(
  'scheduler',
  'claim',
  Type.Object({ wait_seconds: Type.Number(), lease_seconds: Type.Number() }),
  Claimed,
);
export const heartbeatRun = defineRequest(
  'scheduler',
  'heartbeat',
  Type.Object({ run_id: Uuid, fence: Type.Integer() }),
  Run,
);
export const finishRun = defineRequest(
  'scheduler',
  'finish',
  Type.Object({
    run_id: Uuid,
    fence: Type.Integer(),
    status: Type.Enum(['succeeded', 'failed']),
    error: Type.Optional(Type.String()),
  }),
  Run,
);
export const listRuns = defineRequest(
  'scheduler',
  'list_runs',
  Type.Object({
    mission_id: Uuid,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Cursor),
  }),
  RunPage,
);

/**
 * Asked by the scheduler of the mission service. `grant`: if the mission is still runnable, adds one to its fence, makes this its current run, logs
 * `run_started` and answers the fence with the context; refused with `INVALID_TRANSITION` (or `MISSION_NOT_FOUND`, `MISSION_CLOSED`) when it is not.
 * `settle`: the run is over; adds one to the fence, logs `run_finished`; `LEASE_LOST` when another run is current or the fence has moved.
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
    /** After too many failures in a row, the system pauses the mission and says why. */
    pause: Type.Boolean(),
  }),
  Type.Object({ fence: Type.Integer(), version: Type.Integer() }),
);
