import { Problem } from '@missions/contracts/errors.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { type Loop, startLoop } from '@missions/runtime/loop.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { settleAtMission } from '../commands/finish-run.ts';
import type { RunsContext } from '../context.ts';
import { type KillSwitch, listKillSwitches } from '../store/kill-switch.ts';
import { endRun, leasesSwitchedOff } from '../store/leases.ts';

/**
 * Ends the held runs that a kill switch stops, whoever has set it: the operators' program writes the row, and this loop
 * finds it. Heartbeats are refused at once, because their statement reads the switches. The writes of a run are refused
 * by the mission service, so it is told first, and again each time until it has answered:
 *
 *     look for held runs under a switch ──▶ the mission raises its fence ──▶ the run ends here
 *
 * Any number of replicas do this; the second one finds the run settled, or ended. Each also notices that a switch was
 * lifted, and wakes its claims that wait for the runs which the switch held back.
 */
export function startSwitchingOff(context: RunsContext): Loop {
  const tx = autocommit(context.db);
  let wereOn = new Set<string>();
  return startLoop({
    name: 'ending of runs that a kill switch stops',
    logger: context.logger,
    intervalMs: POLL_MS,
    pauseAfterFailure: () => POLL_MS,
    logEvery: 10,
    run: async ({ stopping }) => {
      const areOn = new Set((await listKillSwitches(tx)).map(nameOf));
      if ([...wereOn].some((name) => !areOn.has(name))) context.runsAvailable();
      wereOn = areOn;
      for (const run of await leasesSwitchedOff(tx)) {
        if (stopping.aborted) return;
        await switchOff(context, run);
      }
    },
  });
}

/** A switch that was lifted and set again in between is another one. */
const nameOf = ({ scope, id, customer_id, user_id, set_at }: KillSwitch): string =>
  JSON.stringify([scope, id, customer_id, user_id, set_at]);

const POLL_MS = 500;
const SWITCHED_OFF = 'An operator has switched off the runs of this mission.';
/** The mission has no such run any more: its writes are refused already. */
const SETTLED = ['LEASE_LOST', 'MISSION_NOT_FOUND', 'MISSION_CLOSED'];
const switchedOff = counter('missions_runs_switched_off_total', 'Held runs that a kill switch ended', []);

async function switchOff(context: RunsContext, run: Run): Promise<void> {
  const { db, clock, logger, wakeDispatcher } = context;
  const settlement = { run, fence: run.fence ?? 0, status: 'expired', error: SWITCHED_OFF, pause: false } as const;
  try {
    await settleAtMission(context, settlement);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (!SETTLED.includes(error.code)) {
      logger.warn(
        { err: error, run: run.id },
        'a run that a kill switch stops could not be settled; it is tried again',
      );
      return;
    }
  }
  const ended = await transaction(db, (tx) =>
    endRun(tx, {
      run,
      status: 'expired',
      error: SWITCHED_OFF,
      lost: 'switched_off',
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
