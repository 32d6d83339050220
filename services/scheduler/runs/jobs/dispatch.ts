import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { DISPATCH_BATCH, dispatchRuns, nextRunIn } from '../store/dispatch.ts';
import { endRun } from '../store/end.ts';
import { giveBackRun, leasesOver } from '../store/leases.ts';
import { findOpenRun } from '../store/open.ts';
import { type DuePoller, startDuePoller } from '../../jobs/due-poller.ts';
import type { RunsContext } from '../context.ts';
import { settle } from '../commands/claim-run.ts';

/** Queues runs of missions that are due, and gives on those whose lease has ended; its poll is also for switches. Any number of copies do so: what another one holds just now is stepped over. */
export type Dispatching = Omit<DuePoller, 'stored'>;

export type DispatchingOptions = Omit<RunsContext, 'wake'> & {
  readonly isFull: () => boolean;
  readonly pollMs?: number;
};

const requested = counter('missions_runs_requested_total', 'Autonomous runs that were requested', ['reason']);
const abandoned = counter('missions_runs_abandoned_total', 'Runs whose lease ended before they were finished', []);

export function startDispatching({ isFull, pollMs = 1_000, ...context }: DispatchingOptions): Dispatching {
  const { db, clock, logger } = context;
  const tx = autocommit(db);
  /** Answers how many runs were queued or given on. */
  const work = async (stopping: AbortSignal): Promise<number> => {
    let total = 0;
    for (const id of await leasesOver(tx, dueBy(clock))) if (await giveOn(context, tx, id)) total++;
    for (let queued = DISPATCH_BATCH; queued >= DISPATCH_BATCH && !stopping.aborted && !isFull(); total += queued) {
      const dispatched = await dispatchRuns(tx, dueBy(clock));
      queued = dispatched.length;
      for (const { customer_id, reason } of dispatched) {
        requested.inc({ reason });
        context.offered(customer_id);
      }
    }
    return total;
  };
  const next = async () => ({ in_ms: await nextRunIn(tx, dueBy(clock)) });
  return startDuePoller({ clock, logger, pollMs, things: 'runs', done: 'dispatched', isFull, next, work });
}

/** Its lease has ended: queued again when the mission service never granted it, else over, and the mission due at once for another. */
async function giveOn(context: Omit<RunsContext, 'wake'>, tx: Tx, id: string): Promise<boolean> {
  const { db, clock, logger } = context;
  const customer = await giveBackRun(tx, id, dueBy(clock));
  if (customer !== undefined) {
    context.offered(customer);
    return true;
  }
  const run = await findOpenRun(tx, id);
  if (!run) return false;
  const error = 'The lease ended before the run was finished.';
  const at = clock.now().toISOString();
  const ended = await transaction(db, (inside) =>
    endRun(inside, {
      run,
      status: 'expired',
      error,
      at,
      virtual: dueBy(clock),
      ending: ({ is_over }) => (is_over ? { as: 'abandoned' } : undefined),
    }),
  );
  if (!ended) return false;
  abandoned.inc();
  // For the history only: the next grant fences the lost lease off, whether this arrives or not.
  if (run.fence !== null) {
    settle(context, { run, fence: run.fence, status: 'expired', error, pause: false }).catch((cause: unknown) =>
      logger.debug({ err: cause, run: id }, 'a lost lease was not settled'),
    );
  }
  return true;
}
