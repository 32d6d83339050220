import { Problem } from '@missions/contracts/errors.ts';
import { leaseLostDetail, type Run, settleRun } from '@missions/contracts/scheduler/runs.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { RunsContext } from '../context.ts';
import { MAX_FAILURES, success, type TaskCounts } from '../domain/schedule.ts';
import { endRun, extendLease, lossOf } from '../store/leases.ts';
import { findRun } from '../store/runs.ts';
import { failuresInARow } from '../store/watched-missions.ts';
import { callerFor } from './claim-run.ts';

/**
 * The lease lasts at least so long while the mission service is asked, so that no other agent gets the run in between.
 */
const SETTLE_SECONDS = 15;

/** `LEASE_LOST` with its reason, where that is known. */
export async function leaseLost(
  { db, clock }: Pick<RunsContext, 'db' | 'clock'>,
  run: Pick<Run, 'id' | 'customer_id'>,
  fence: number,
): Promise<Problem> {
  const reason = await lossOf(autocommit(db), run, fence, dueBy(clock));
  if (reason === 'budget') return budgetSpent();
  return new Problem('LEASE_LOST', leaseLostDetail(reason), reason === undefined ? {} : { reason });
}

export const budgetSpent = (renewsAt?: string): Problem =>
  new Problem('BUDGET_SPENT', leaseLostDetail('budget'), renewsAt === undefined ? {} : { renews_at: renewsAt });

export interface FinishCommand {
  readonly run: Run;
  readonly fence: number;
  readonly status: 'succeeded' | 'failed';
  readonly error: string;
  /** A run that succeeded asks for another turn at once. */
  readonly again?: boolean;
  /** See `RunOutcome`. */
  readonly jitter: number;
}

/**
 * Settles the run at the mission service, then records its end here. If this process dies in between, or the mission
 * service's answer is lost, the projection records the end from the event `run_finished`; a repeated finish then finds
 * the run as that event left it.
 * @throws {Problem} `LEASE_LOST`
 */
export async function finishRun(context: RunsContext, command: FinishCommand): Promise<Run> {
  const { db, clock } = context;
  const { run, fence, status, error, again = false, jitter } = command;
  const tx = autocommit(db);
  if (!(await extendLease(tx, run.id, fence, SETTLE_SECONDS, dueBy(clock)))) throw await leaseLost(context, run, fence);
  const pause = status === 'failed' && (await failuresInARow(tx, run.mission_id)) + 1 >= MAX_FAILURES;
  const settled = await settleAtMission(context, { run, fence, status, error, pause, again });
  const at = clock.now().toISOString();
  const ended = await transaction(db, (inside) =>
    endRun(inside, {
      run,
      status,
      error,
      at,
      virtualNow: dueBy(clock),
      outcomeOf: (open) => (status === 'failed' ? { as: 'failed', jitter } : success(open, { ...settled, again })),
    }),
  );
  context.wakeDispatcher();
  context.runAvailable(run.customer_id);
  return ended ?? (await findRun(tx, run.id, run.customer_id, null)) ?? run;
}

export interface Settlement {
  readonly run: Run;
  readonly fence: number;
  readonly status: 'succeeded' | 'failed' | 'expired';
  readonly error: string;
  /** Whether the mission service pauses the mission. */
  readonly pause: boolean;
  readonly again?: boolean;
}

export interface Settled {
  readonly version: number;
  readonly task_counts?: TaskCounts;
}

/**
 * Tells the mission service, which owns the fence, that the run is over. Answers the mission after that.
 * @throws {Problem} `LEASE_LOST`; `UNAVAILABLE` or `TIMEOUT` if the mission service does not answer.
 */
export async function settleAtMission(
  { request }: Pick<RunsContext, 'request'>,
  { run, fence, status, error, pause, again }: Settlement,
): Promise<Settled> {
  const reply = await request(settleRun, {
    caller: callerFor(run, run.agent_id),
    input: { mission_id: run.mission_id, run_id: run.id, fence, status, error, pause, ...(again && { again }) },
  });
  return reply.json<Settled>();
}
