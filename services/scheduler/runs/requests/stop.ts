import { byCaller } from '@missions/contracts/audit.ts';
import { changeStop, readStop, type Stop } from '@missions/contracts/scheduler/stop.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { endStoppedRuns } from '../commands/end-stopped-run.ts';
import type { RunsContext } from '../context.ts';
import { setOwnStop, stoppedSince } from '../store/kill-switch.ts';
import { ownerOf } from './owner.ts';

/** The user's own kill switch. Nobody else moves it, and it moves no operator's. */
export const stopEndpoints = (context: RunsContext): Endpoint[] => [
  endpoint(readStop, async ({ caller }) => ({
    body: stopOf(await stoppedSince(autocommit(context.db), ownerOf(caller))),
  })),

  endpoint(changeStop, async ({ caller, input: { stopped } }) => {
    const owner = ownerOf(caller);
    const { changed, since } = await transaction(context.db, async (tx) => ({
      changed: await setOwnStop(tx, owner, stopped, byCaller(caller)),
      since: await stoppedSince(tx, owner),
    }));
    // Heartbeats are refused from here on. The mission service refuses the writes of a run once it knows; if it does
    // not answer now, it is asked again twice a second (runs/jobs/switch-off.ts).
    if (stopped) await endStoppedRuns(context, owner);
    else if (changed) {
      context.wakeDispatcher();
      context.runAvailable(owner.customer_id);
    }
    return { body: stopOf(since) };
  }),
];

const stopOf = (since: string | undefined): Stop => ({ stopped: since !== undefined, since: since ?? null });
