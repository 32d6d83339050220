import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { type DuePoller, startDuePoller } from '@missions/runtime/due-poller.ts';
import { settleAtMission } from '../commands/finish-run.ts';
import type { RunsContext } from '../context.ts';
import { customersToHold, MARKS_BATCH, tellBudgets } from '../store/budget-marks.ts';
import { holdRunsOf, requeueUngrantedRun } from '../store/claims.ts';
import { releaseHeldRuns } from '../store/budgets.ts';
import { DISPATCH_BATCH, dispatchRuns, millisecondsToNextRun } from '../store/dispatch.ts';
import { endRun, expiredLeases, type OpenRun } from '../store/leases.ts';
import { HOURS_BATCH, releaseRunsOf, setNextHours } from '../store/limits.ts';
import { findOpenRun } from '../store/runs.ts';

/**
 * Queues runs of missions that are due, and ends runs whose lease has expired. Its poll also notices kill switches that
 * were turned off. Any number of replicas do this; each steps over rows that another one has locked.
 */
export type Dispatcher = Omit<DuePoller, 'wakeFor'>;

export type DispatcherOptions = Omit<RunsContext, 'wakeDispatcher'> & {
  readonly isOutboxFull: () => boolean;
  readonly pollMs?: number;
};

const requested = counter('missions_runs_requested_total', 'Autonomous runs that were requested', ['reason']);
const abandoned = counter('missions_runs_abandoned_total', 'Runs whose lease ended before they were finished', []);

export function startDispatcher({ isOutboxFull, pollMs = 1_000, ...context }: DispatcherOptions): Dispatcher {
  const { db, clock, logger } = context;
  const tx = autocommit(db);
  /** Answers how many runs were queued or ended. */
  const work = async (stopping: AbortSignal): Promise<number> => {
    let total = 0;
    for (const id of await expiredLeases(tx, dueBy(clock))) if (await expireLease(context, tx, id)) total++;
    for (const customer of await releaseHeldRuns(tx, dueBy(clock))) context.runAvailable(customer);
    for (let ended = HOURS_BATCH; ended >= HOURS_BATCH && !stopping.aborted;) {
      const customers = await transaction(db, (inside) => setNextHours(inside, clock.now(), dueBy(clock)));
      for (const customer of new Set(customers)) context.runAvailable(customer);
      ended = customers.length;
    }
    let queued = DISPATCH_BATCH;
    const customersOfQueued = new Set<string>();
    while (queued >= DISPATCH_BATCH && !stopping.aborted && !isOutboxFull()) {
      const dispatched = await dispatchRuns(tx, dueBy(clock));
      queued = dispatched.length;
      total += queued;
      for (const { customer_id, reason } of dispatched) {
        requested.inc({ reason });
        customersOfQueued.add(customer_id);
        context.runAvailable(customer_id);
      }
    }
    for (const customer of await customersToHold(tx, [...customersOfQueued]))
      await holdRunsOf(db, customer, dueBy(clock), async () => {});
    for (let told = MARKS_BATCH; told >= MARKS_BATCH && !stopping.aborted && !isOutboxFull(); total += told)
      told = await tellBudgets(tx, dueBy(clock));
    return total;
  };
  const next = async () => ({ in_ms: await millisecondsToNextRun(tx, dueBy(clock)) });
  return startDuePoller({ name: 'dispatch of runs', clock, logger, pollMs, isOutboxFull, next, work });
}

const LEASE_EXPIRED = 'The lease ended before the run was finished.';

/**
 * A run whose lease has expired is queued again if the mission service never granted it. Otherwise the run ends, and
 * the mission is due at once for another run. Answers false if the run has ended or its lease was extended meanwhile.
 */
async function expireLease(context: Omit<RunsContext, 'wakeDispatcher'>, tx: Tx, id: string): Promise<boolean> {
  const { db, clock, logger } = context;
  const customer = await requeueUngrantedRun(tx, id, dueBy(clock));
  if (customer !== undefined) {
    await releaseRunsOf(tx, customer);
    context.runAvailable(customer);
    return true;
  }
  const run = await findOpenRun(tx, id);
  if (!run) return false;
  const at = clock.now().toISOString();
  const virtualNow = dueBy(clock);
  const outcomeOf = ({ lease_expired }: OpenRun) => (lease_expired ? ({ as: 'abandoned' } as const) : undefined);
  const ended = await transaction(db, (inside) =>
    endRun(inside, { run, status: 'expired', error: LEASE_EXPIRED, lost: 'expired', at, virtualNow, outcomeOf }),
  );
  if (!ended) return false;
  abandoned.inc();
  // Only for the mission's history: the next grant fences the lost lease off, whether or not this request arrives.
  if (run.fence !== null) {
    settleAtMission(context, { run, fence: run.fence, status: 'expired', error: LEASE_EXPIRED, pause: false }).catch(
      (cause: unknown) => logger.debug({ err: cause, run: id }, 'the end of a lost lease was not settled'),
    );
  }
  return true;
}
