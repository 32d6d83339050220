import { listInputRequests } from '@missions/contracts/approval/requests.ts';
import { listEmailsOfMission } from '@missions/contracts/email/requests.ts';
import {
  completeContext,
  type CompletedContext,
  contextInputRequests,
  emailsPart,
  inputRequestsPart,
} from '@missions/contracts/mission/resume-context.ts';
import { DEFAULT_LEASE_SECONDS } from '@missions/contracts/scheduler/runs.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { startLoop } from '@missions/runtime/loop.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { callerFor, claimNextRun, type GrantedRun } from '../commands/claim-run.ts';
import { returnRun } from '../commands/return-run.ts';
import type { RunsContext } from '../context.ts';
import { customerWithQueuedRun } from '../store/claims.ts';
import { savePushEndpoint } from '../store/push-endpoint.ts';
import { Endpoint, pauseAfter } from './endpoint.ts';
import { NotTaken, type PushSettings, send } from './send.ts';

/**
 * Pushes runs to the agent's URL. A run is claimed as an agent would claim it, and then posted. A 2xx response means
 * that the agent has the run; the agent goes on with heartbeats and finish over REST. A run that the agent did not take
 * has not failed: it is queued again, and posted later. While the endpoint is down, one run at a time tries it
 * (`endpoint.ts`).
 *
 *     look for a customer with a queued run ──▶ claim for the customer ──▶ post, beside the other posts ──▶ …
 *
 * A customer has as many posts at a time as it may have claimed runs, so that a URL that hangs delays no other
 * customer.
 */
export interface PushLoop {
  /** A run may have been queued. */
  wake(): void;
  /** Resolves when the posts that are under way have been answered or have timed out. */
  stop(): Promise<void>;
}

const POLL_MS = 1_000;
const MAX_ERROR_LENGTH = 2_000;

const pushed = counter('missions_runs_pushed_total', 'Runs that were posted to the agent, by whether it took them', [
  'outcome',
]);

export function startPushing(
  context: RunsContext,
  settings: PushSettings & { readonly random?: () => number },
): PushLoop {
  const { clock, logger, db, maxClaimedPerCustomer } = context;
  const { random = Math.random } = settings;
  const tx = autocommit(db);
  const postsOfCustomer = new Map<string, number>();
  const posts = new Set<Promise<void>>();
  const endpoint = new Endpoint(() => performance.now());
  const { origin, pathname } = new URL(settings.url);
  const address = `${origin}${pathname}`;
  let isKept = false;

  /** For the operators. A state that cannot be stored stops no run. */
  const keep = async (pause: number | null, error: string): Promise<void> => {
    const { failures } = endpoint;
    isKept = false;
    const state = { address, reached: pause === null, failures, error: error.slice(0, MAX_ERROR_LENGTH) };
    try {
      await savePushEndpoint(tx, state, pause);
      isKept = pause === null;
    } catch (cause) {
      logger.warn({ err: cause }, 'the state of the agent’s endpoint could not be stored');
    }
  };

  const post = async (granted: GrantedRun): Promise<void> => {
    const { run } = granted;
    const begun = endpoint.begin();
    try {
      const body = JSON.stringify({ run, ...(await contextOf(context, granted)) });
      await send(settings, run.id, clock.now(), body);
    } catch (error) {
      pushed.inc({ outcome: 'not-taken' });
      logger.info({ err: error, run: run.id, mission: run.mission_id }, 'a run was not taken, and is pushed again');
      const failure = failureOf(error);
      const pause = endpoint.notTaken(begun, failure, random());
      await returnRun(context, run, (times) => pauseAfter(times, failure.retryAfter, random()));
      if (pause !== undefined) await keep(pause, error instanceof Error ? error.message : 'unknown');
      return;
    }
    pushed.inc({ outcome: 'taken' });
    endpoint.taken();
    if (!isKept) await keep(null, '');
  };

  /** Claims a run of the customer and begins to post it. Answers false if the customer has no run to claim. */
  const pushNext = async (customer_id: string): Promise<boolean> => {
    const granted = await claimNextRun(context, {
      customer_id,
      user_id: null,
      agent_id: null,
      pushed: true,
      lease_seconds: DEFAULT_LEASE_SECONDS,
      limit: maxClaimedPerCustomer,
    });
    if (!granted) return false;
    postsOfCustomer.set(customer_id, (postsOfCustomer.get(customer_id) ?? 0) + 1);
    const underWay = post(granted)
      // The run is queued again when its lease expires.
      .catch((error: unknown) =>
        logger.warn({ err: error, run: granted.run.id }, 'a run that the agent did not take could not be queued again'),
      )
      .finally(() => {
        const left = (postsOfCustomer.get(customer_id) ?? 1) - 1;
        if (left === 0) postsOfCustomer.delete(customer_id);
        else postsOfCustomer.set(customer_id, left);
        posts.delete(underWay);
        loop.wake();
      });
    posts.add(underWay);
    return true;
  };

  const isBusy = (customer: string): boolean => (postsOfCustomer.get(customer) ?? 0) >= maxClaimedPerCustomer;

  /** Begins posts until no customer has a run that can be claimed and room for another post. */
  const pass = async (stopping: AbortSignal): Promise<void> => {
    const skipped = new Set([...postsOfCustomer.keys()].filter(isBusy));
    while (!stopping.aborted && endpoint.mayPost()) {
      const customer = await customerWithQueuedRun(tx, [...skipped]);
      if (customer === undefined) return;
      if (!(await pushNext(customer)) || isBusy(customer)) skipped.add(customer);
    }
  };

  const loop = startLoop({
    name: 'pushing of runs',
    logger,
    intervalMs: POLL_MS,
    pauseAfterFailure: () => POLL_MS,
    logEvery: 10,
    run: ({ stopping }) => pass(stopping),
  });
  return {
    wake: loop.wake,
    async stop() {
      await loop.stop();
      await Promise.all(posts);
    },
  };
}

/** Errors that came before the agent could read the run. */
const UNCONNECTED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

function failureOf(error: unknown): { retryAfter?: number; connected: boolean } {
  if (error instanceof NotTaken)
    return { connected: true, ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }) };
  const { code } = error as { code?: unknown };
  return { connected: typeof code !== 'string' || !UNCONNECTED.includes(code) };
}

/** Shorter than a request's usual timeout: a run is not held back for lists that its agent can read itself. */
const PART_TIMEOUT_MS = 2_000;

/** The context as the answer to a claim has it: there the gateway completes it, which a pushed run does not pass. */
function contextOf(
  { request, logger }: RunsContext,
  { run, context }: GrantedRun,
): Promise<CompletedContext<GrantedRun['context']>> {
  const { mission_id } = run;
  const caller = callerFor(run, run.agent_id);
  const options = { timeoutMs: PART_TIMEOUT_MS };
  return completeContext(
    context,
    {
      input_requests: async () => {
        const input = contextInputRequests(mission_id);
        return inputRequestsPart(await request(listInputRequests, { caller, input }, options));
      },
      emails: async () => emailsPart(await request(listEmailsOfMission, { caller, input: { mission_id } }, options)),
    },
    (part, error) => logger.warn({ err: error, run: run.id, part }, 'a run is pushed without a part of its context'),
  );
}
