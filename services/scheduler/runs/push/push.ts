import { setTimeout as pause } from 'node:timers/promises';
import { autocommit } from '@missions/persistence/transaction.ts';
import { DEFAULT_LEASE_SECONDS } from '@missions/contracts/scheduler/runs.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { Pushing } from '../start.ts';
import { finish } from '../commands/finish-run.ts';
import type { RunsContext } from '../context.ts';
import { claimNext, type Granted } from '../commands/claim-run.ts';
import { waitingCustomer } from '../store/claims.ts';
import { completeContext } from './complete-context.ts';
import { type PushSettings, send } from './send.ts';

/**
 * Brings runs to the agent's URL. A run is claimed as by an agent that asks, and then posted; on 2xx the agent has it, and goes on with heartbeats
 * and finish over REST. Anything else is a failed run, and backs off like one, with jitter.
 *
 *     look for a customer with something queued ──▶ claim for it, in a lane of its own ──▶ post ──▶ …
 *
 * A lane per post, as many for a customer as it may have runs: endpoints that hang keep the lanes of their own customer busy and nobody else's.
 */
const POLL_MS = 1_000;
const LONGEST_JITTER = 0.2;

const pushed = counter('missions_runs_pushed_total', 'Runs that were posted to the agent, by whether it took them', [
  'outcome',
]);

export function startPushing(
  context: RunsContext,
  settings: PushSettings & { readonly random?: () => number },
): Pushing {
  const { db, clock, logger, perCustomer } = context;
  const { random = Math.random } = settings;
  const tx = autocommit(db);
  const stopping = new AbortController();
  const busy = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let rung = false;
  let sleeper: AbortController | undefined;

  const wake = (): void => {
    rung = true;
    sleeper?.abort();
  };

  const post = async (granted: Granted): Promise<void> => {
    const { run } = granted;
    try {
      await send(settings, run.id, clock.now(), JSON.stringify(await completeContext(context, granted)));
      pushed.inc({ outcome: 'taken' });
    } catch (error) {
      pushed.inc({ outcome: 'failed' });
      const said = `The run could not be pushed: ${error instanceof Error ? error.message : 'unknown'}`;
      logger.info({ err: error, run: run.id, mission: run.mission_id }, 'a run could not be pushed');
      await finish(context, {
        run,
        fence: run.fence,
        status: 'failed',
        error: said.slice(0, 2_000),
        jitter: random() * LONGEST_JITTER,
      });
    }
  };

  const push = async (customer_id: string, full: Set<string>): Promise<void> => {
    const granted = await claimNext(context, {
      customer_id,
      user_id: null,
      agent_id: null,
      lease_seconds: DEFAULT_LEASE_SECONDS,
      limit: perCustomer,
    });
    if (!granted) return void full.add(customer_id);
    busy.set(customer_id, (busy.get(customer_id) ?? 0) + 1);
    const lane = post(granted)
      // Its lease ends by itself.
      .catch((error: unknown) =>
        logger.warn({ err: error, run: granted.run.id }, 'a run that was not taken could not be settled'),
      )
      .finally(() => {
        busy.set(customer_id, (busy.get(customer_id) ?? 1) - 1);
        if (busy.get(customer_id) === 0) busy.delete(customer_id);
        underWay.delete(lane);
        wake();
      });
    underWay.add(lane);
  };

  const pass = async (): Promise<void> => {
    const full = new Set([...busy].filter(([, lanes]) => lanes >= perCustomer).map(([customer]) => customer));
    while (!stopping.signal.aborted) {
      const customer = await waitingCustomer(tx, [...full]);
      if (customer === undefined) return;
      await push(customer, full);
      if ((busy.get(customer) ?? 0) >= perCustomer) full.add(customer);
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      rung = false;
      try {
        await pass();
        failures = 0;
      } catch (error) {
        if (failures++ % 10 === 0)
          logger.warn({ err: error, failures }, 'runs cannot be pushed just now; they are kept, and tried again');
        rung = false;
      }
      if (rung) continue;
      sleeper = new AbortController();
      await pause(POLL_MS, undefined, { signal: AbortSignal.any([sleeper.signal, stopping.signal]) }).catch(() => {});
      sleeper = undefined;
    }
  };
  const done = run();

  return {
    wake,
    async stop() {
      stopping.abort();
      await done;
      await Promise.all(underWay);
    },
  };
}
