import { claimRun } from '@missions/contracts/scheduler/runs.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import type { RunsContext } from '../context.ts';
import { claimNext } from '../commands/claim-run.ts';
import type { LongPolls } from './long-poll.ts';

const NOTHING = { run: null, context: null };
/** Below it a wait is no wait. */
const SHORTEST_WAIT_MS = 5;

/** The oldest run of the caller's customer that is for its agent or for any; waits for one as long as asked. */
export const claimEndpoint = (context: RunsContext, waiters: LongPolls) =>
  endpoint(claimRun, async ({ caller, input }) => {
    context.admit();
    const { customer_id, user_id, agent_id } = caller;
    const claim = { customer_id, user_id, agent_id, lease_seconds: input.lease_seconds, limit: context.perCustomer };
    const until = performance.now() + input.wait_seconds * 1_000;
    for (;;) {
      const left = until - performance.now();
      const place = waiters.join(customer_id, user_id, Math.max(left, 0));
      try {
        const granted = await claimNext(context, claim);
        if (granted) return { body: granted };
        // The wait has ended when it is looked for the last time: what no hint told is found then.
        if (left < SHORTEST_WAIT_MS || waiters.closed) return { body: NOTHING };
        await place.woken;
      } finally {
        place.leave();
      }
    }
  });
