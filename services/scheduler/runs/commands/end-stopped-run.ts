import { Problem } from '@missions/contracts/errors.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { RunsContext } from '../context.ts';
import type { Owner } from '../store/kill-switch.ts';
import { endRun, leasesSwitchedOff, type StoppedLease } from '../store/leases.ts';
import { settleAtMission } from './finish-run.ts';

const ERRORS = {
  switched_off: 'An operator has switched off the runs of this mission.',
  stopped: 'The user has stopped all work of agents for them.',
  budget: 'What agents may use for this mission in a day is spent.',
} as const;
/** The mission has no such run any more: its writes are refused already. */
const SETTLED = ['LEASE_LOST', 'MISSION_NOT_FOUND', 'MISSION_CLOSED'];
const switchedOff = counter('missions_runs_switched_off_total', 'Held runs that a kill switch ended', []);

/** Ends the runs that agents hold for a user who has stopped them. */
export async function endStoppedRuns(context: RunsContext, owner: Owner): Promise<void> {
  const held = await leasesSwitchedOff(autocommit(context.db), owner);
  await Promise.all(held.map((lease) => endStoppedRun(context, lease)));
}

/**
 * Ends one held run that a kill switch stops, or whose budget is spent. The writes of a run are refused by the mission
 * service, so it is told first; a run that it did not settle stays, and is found again.
 */
export async function endStoppedRun(context: RunsContext, { run, stopped_by }: StoppedLease): Promise<void> {
  const { db, clock, logger, wakeDispatcher } = context;
  const error = ERRORS[stopped_by];
  try {
    await settleAtMission(context, { run, fence: run.fence ?? 0, status: 'expired', error, pause: false });
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    if (!SETTLED.includes(cause.code)) {
      logger.warn(
        { err: cause, run: run.id },
        'a run that a kill switch stops could not be settled; it is tried again',
      );
      return;
    }
  }
  const ended = await transaction(db, (tx) =>
    endRun(tx, {
      run,
      status: 'expired',
      error,
      lost: stopped_by,
      at: clock.now().toISOString(),
      virtualNow: dueBy(clock),
      // A later grant of the same run would have another fence.
      outcomeOf: (open) => (open.run.fence === run.fence ? { as: 'abandoned' } : undefined),
    }),
  );
  if (!ended) return;
  switchedOff.inc();
  wakeDispatcher();
}
