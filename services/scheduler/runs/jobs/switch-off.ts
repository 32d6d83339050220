import { autocommit } from '@missions/persistence/transaction.ts';
import { type Loop, startLoop } from '@missions/runtime/loop.ts';
import { endStoppedRun } from '../commands/end-stopped-run.ts';
import type { RunsContext } from '../context.ts';
import { type KillSwitch, listKillSwitches } from '../store/kill-switch.ts';
import { leasesSwitchedOff } from '../store/leases.ts';

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
      for (const lease of await leasesSwitchedOff(tx)) {
        if (stopping.aborted) return;
        await endStoppedRun(context, lease);
      }
    },
  });
}

/** A switch that was lifted and set again in between is another one. */
const nameOf = ({ scope, id, customer_id, user_id, set_at }: KillSwitch): string =>
  JSON.stringify([scope, id, customer_id, user_id, set_at]);

const POLL_MS = 500;
