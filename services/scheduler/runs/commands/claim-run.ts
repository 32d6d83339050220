import { Problem } from '@missions/contracts/errors.ts';
import type { ResumeBundle } from '@missions/contracts/mission/representation.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import { grantRun, type Run } from '@missions/contracts/scheduler/runs.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { RunsContext } from '../context.ts';
import { runEvent } from '../domain/event-mapping.ts';
import { claimQueuedRun, type ClaimRequest, confirmRun, type UngrantedClaim } from '../store/claims.ts';
import { endRun } from '../store/leases.ts';
import { releaseRunsOf } from '../store/limits.ts';

/**
 * A claim, in three steps, so that no transaction waits for the network:
 *
 *     claim (no fence yet) ──▶ the mission service grants ──▶ confirm (fence, lease) ──▶ answered
 *              │                          ├── refuses ──▶ the run is dropped, and the next queued run is tried
 *              │                          └── no answer ──▶ the short lease of the claim expires: queued again
 *              └── no run is queued ──▶ undefined
 */
export interface GrantedRun {
  readonly run: Run & { fence: number };
  readonly context: ResumeBundle;
}

const claimsTotal = counter('missions_run_claims_total', 'Claims of runs, by outcome', ['outcome']);
/** Shorter than `GRANT_SECONDS`, for which a claimed run waits for its grant. */
const GRANT_TIMEOUT_MS = 5_000;
/** Codes with which the mission service refuses a run for good. */
const REFUSALS = ['INVALID_TRANSITION', 'MISSION_CLOSED', 'MISSION_NOT_FOUND'];

/** The scheduler asks other services on behalf of the run's customer and user, and of the agent that claims the run. */
export const callerFor = (
  { customer_id, user_id }: Pick<Run, 'customer_id' | 'user_id'>,
  agent_id: string | null,
): Caller => ({ kind: 'service', credential: 'scheduler', customer_id, user_id, agent_id });

/**
 * Claims the next queued run that the mission service grants. Answers undefined if there is none.
 * @throws {Problem} `UNAVAILABLE` or `TIMEOUT` if the mission service does not answer.
 */
export async function claimNextRun(context: RunsContext, request: ClaimRequest): Promise<GrantedRun | undefined> {
  const { db, clock } = context;
  for (;;) {
    const claim = await claimQueuedRun(db, request, dueBy(clock));
    if (!claim) return undefined;
    // The dispatcher has to be awake when the claim's short lease expires.
    context.wakeDispatcher();
    const grant = await askForGrant(context, claim);
    if (!grant) continue;
    const confirmed = await transaction(db, async (tx) => {
      const { version } = grant.context.mission;
      const run = await confirmRun(tx, claim, grant.fence, grant.context.mission, dueBy(clock));
      if (run)
        await appendToOutbox(tx, [runEvent(newId(), runSubjects.claimed, run, version, clock.now().toISOString())]);
      return run;
    });
    claimsTotal.inc({ outcome: confirmed ? 'granted' : 'too-late' });
    if (confirmed) return { run: { ...confirmed, fence: grant.fence }, context: grant.context };
  }
}

/** Answers undefined if the mission service refuses; the run has then ended, and the mission is due again later. */
async function askForGrant(
  context: RunsContext,
  { run }: UngrantedClaim,
): Promise<{ fence: number; context: ResumeBundle } | undefined> {
  const { db, clock, logger } = context;
  const { id: run_id, mission_id, agent_id, attempt, reason } = run;
  try {
    const reply = await context.request(
      grantRun,
      { caller: callerFor(run, agent_id), input: { mission_id, run_id, agent_id, attempt, reason } },
      { timeoutMs: GRANT_TIMEOUT_MS },
    );
    return reply.json();
  } catch (error) {
    if (!(error instanceof Problem) || !REFUSALS.includes(error.code)) {
      claimsTotal.inc({ outcome: 'unanswered' });
      throw error;
    }
    claimsTotal.inc({ outcome: 'refused' });
    logger.debug({ run: run_id, mission: mission_id, reason: error.code }, 'the mission service refused a run');
    const at = clock.now().toISOString();
    const virtualNow = dueBy(clock);
    const outcomeOf = () => ({ as: 'refused' }) as const;
    await transaction(db, async (tx) => {
      await endRun(tx, { run, status: 'expired', error: error.detail, at, virtualNow, outcomeOf });
      await releaseRunsOf(tx, run.customer_id);
    });
    context.wakeDispatcher();
    return undefined;
  }
}
