import { Problem } from '@missions/contracts/errors.ts';
import type { ResumeBundle } from '@missions/contracts/mission/representation.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import { grantRun, type Run, settleRun } from '@missions/contracts/scheduler/runs.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { type Claim, confirmRun, takeRun } from '../store/claims.ts';
import { endRun } from '../store/end.ts';
import { runEvent } from '../store/runs.ts';
import type { RunsContext } from '../context.ts';

/**
 * A claim, in three steps, so that no transaction waits for the network:
 *
 *     take (claimed, no fence) ──▶ the mission service grants ──▶ confirm (fence, lease) ──▶ answered
 *              │                          ├── refuses ──▶ the run is dropped, and the next one tried
 *              │                          └── no answer ──▶ its short lease ends, and it is queued again
 *              └── nothing queued
 */
export interface Granted {
  readonly run: Run & { fence: number };
  readonly context: ResumeBundle;
}

const claimsTotal = counter('missions_run_claims_total', 'Claims of runs by what came of them', ['outcome']);
/** Shorter than the time that a taken run is held for its grant. */
const GRANT_TIMEOUT_MS = 5_000;
/** The mission service knows better: the mission is not to be run. */
const REFUSALS = ['INVALID_TRANSITION', 'MISSION_CLOSED', 'MISSION_NOT_FOUND'];

/** In the name of the mission's customer, and of the agent that asked. */
export const callerFor = (
  { customer_id, user_id }: Pick<Run, 'customer_id' | 'user_id'>,
  agent_id: string | null,
): Caller => ({ kind: 'service', credential: 'scheduler', customer_id, user_id, agent_id });

/** @throws {Problem} `UNAVAILABLE` or `TIMEOUT` when the mission service cannot be asked. */
export async function claimNext(context: RunsContext, claim: Claim): Promise<Granted | undefined> {
  const { db, clock, logger } = context;
  for (;;) {
    const taken = await takeRun(db, claim, dueBy(clock));
    if (!taken) return undefined;
    const { run } = taken;
    // When no answer comes, the short lease of a run that was taken ends.
    context.wake();
    let granted: { fence: number; context: ResumeBundle };
    try {
      const { id: run_id, mission_id, agent_id, attempt, reason } = run;
      const reply = await context.ask(
        grantRun,
        { caller: callerFor(run, agent_id), input: { mission_id, run_id, agent_id, attempt, reason } },
        { timeoutMs: GRANT_TIMEOUT_MS },
      );
      granted = reply.json();
    } catch (error) {
      if (!(error instanceof Problem) || !REFUSALS.includes(error.code)) {
        claimsTotal.inc({ outcome: 'unanswered' });
        throw error;
      }
      claimsTotal.inc({ outcome: 'refused' });
      logger.debug({ run: run.id, mission: run.mission_id, because: error.code }, 'a run was not granted');
      const at = clock.now().toISOString();
      await transaction(db, (tx) =>
        endRun(tx, {
          run,
          status: 'expired',
          error: error.detail,
          at,
          virtual: dueBy(clock),
          ending: () => ({ as: 'refused' }),
        }),
      );
      context.wake();
      continue;
    }
    const { fence, context: bundle } = granted;
    const confirmed = await transaction(db, async (tx) => {
      const lease = await confirmRun(tx, taken, fence, bundle.mission.version, dueBy(clock));
      if (lease)
        await appendToOutbox(tx, [
          runEvent(runSubjects.claimed, lease, bundle.mission.version, clock.now().toISOString()),
        ]);
      return lease;
    });
    claimsTotal.inc({ outcome: confirmed ? 'granted' : 'too-late' });
    if (confirmed) return { run: { ...confirmed, fence }, context: bundle };
  }
}

export interface Settlement {
  readonly run: Run;
  readonly fence: number;
  readonly status: 'succeeded' | 'failed' | 'expired';
  readonly error: string;
  readonly pause: boolean;
}

/** Answers the mission's version after it. @throws {Problem} `LEASE_LOST`, or what keeps the mission service from answering. */
export async function settle(
  { ask }: Pick<RunsContext, 'ask'>,
  { run, fence, status, error, pause }: Settlement,
): Promise<number> {
  const reply = await ask(settleRun, {
    caller: callerFor(run, run.agent_id),
    input: { mission_id: run.mission_id, run_id: run.id, fence, status, error, pause },
  });
  return reply.json<{ version: number }>().version;
}
