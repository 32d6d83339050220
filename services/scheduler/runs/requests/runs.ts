import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import * as contracts from '@missions/contracts/scheduler/runs.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { claimNextRun } from '../commands/claim-run.ts';
import { returnRun } from '../commands/return-run.ts';
import { endStoppedRun } from '../commands/end-stopped-run.ts';
import { budgetSpent, finishRun, leaseLost } from '../commands/finish-run.ts';
import type { RunsContext } from '../context.ts';
import { budgetRenewsAt, reportUsage } from '../store/budgets.ts';
import { extendLease, lossOf, takeRunOrders } from '../store/leases.ts';
import { isKilled } from '../store/kill-switch.ts';
import { findRun, isPushed, listRuns } from '../store/runs.ts';
import type { LongPolls } from './long-poll.ts';

const DEFAULT_LIMIT = 50;
const NO_RUN = { run: null, context: null };
/** Remaining time below which a claim answers without a run instead of waiting again. */
const SHORTEST_WAIT_MS = 5;

/**
 * Claims the queued run of the caller's customer whose turn it is, of those for the caller's agent or for any; waits as
 * long as asked.
 */
export const claimEndpoint = (context: RunsContext, longPolls: LongPolls) =>
  endpoint(contracts.claimRun, async ({ caller, input }) => {
    context.admit();
    const { customer_id, user_id, agent_id } = caller;
    const request = {
      customer_id,
      user_id,
      agent_id,
      lease_seconds: input.lease_seconds,
      limit: context.maxClaimedPerCustomer,
    };
    const until = performance.now() + input.wait_seconds * 1_000;
    const claim = longPolls.begin(input.claim_id);
    const { withdrawn } = claim;
    try {
      for (;;) {
        const left = until - performance.now();
        // Waiting begins before the claim looks, so that a run that is queued in between is not missed.
        const wait = longPolls.join(customer_id, user_id, Math.max(left, 0));
        withdrawn.addEventListener('abort', wait.leave, { once: true });
        try {
          if (withdrawn.aborted) return { body: NO_RUN };
          const granted = await claimNextRun(context, request);
          if (granted && withdrawn.aborted) {
            // It was withdrawn while the mission service was asked.
            await returnRun(context, granted.run);
            return { body: NO_RUN };
          }
          if (granted) return { body: granted };
          // The last look comes after the wait, so that it finds a run of which no notification arrived.
          if (left < SHORTEST_WAIT_MS || longPolls.closed) return { body: NO_RUN };
          await wait.woken;
        } finally {
          withdrawn.removeEventListener('abort', wait.leave);
          wait.leave();
        }
      }
    } finally {
      claim.done();
    }
  });

/**
 * @throws {Problem} `NOT_FOUND`, also if the run belongs to another customer or user, or if it is held under this fence
 * by another agent, or by the backend that named none: fences are small numbers, and any key of the user reads the ids
 * of its runs. A pushed run names no agent, and is that of whoever got it. The detail leaves the id out: a foreign run
 * and a missing run get the same answer.
 */
async function requireRun(
  { db }: RunsContext,
  { kind, customer_id, user_id, agent_id }: Caller,
  { run_id, fence }: { run_id: string; fence: number },
): Promise<contracts.Run> {
  const tx = autocommit(db);
  const run = await findRun(tx, run_id, customer_id, user_id);
  const isNotNamed = kind === 'agent' && run?.fence === fence && run.agent_id !== agent_id;
  const isOfAnother = isNotNamed && !(run.agent_id === null && (await isPushed(tx, run)));
  if (!run || isOfAnother) throw new Problem('NOT_FOUND', 'There is no run with this id for this caller.');
  return run;
}

export const heartbeatEndpoint = (context: RunsContext) =>
  endpoint(contracts.heartbeatRun, async ({ caller, input: { run_id, fence, usage } }) => {
    const held = await requireRun(context, caller, { run_id, fence });
    const run = await extendLease(autocommit(context.db), run_id, fence, null, dueBy(context.clock));
    if (!run) throw await leaseLost(context, held, fence);
    const tx = autocommit(context.db);
    if (usage) await reportUsage(context.db, { id: run_id, fence, usage }, dueBy(context.clock));
    const renewsAt = await budgetRenewsAt(tx, run, dueBy(context.clock));
    if (renewsAt !== undefined) {
      await endStoppedRun(context, { run, stopped_by: 'budget' });
      throw budgetSpent(renewsAt);
    }
    return { body: { ...run, orders: await takeRunOrders(tx, run_id, fence) } };
  });

function refusedAgain(): Problem {
  const message = 'goes with status succeeded only; a failed run is tried again by itself, after a back-off';
  return new Problem('VALIDATION_FAILED', `again: ${message}`, { errors: [{ path: '/again', message }] });
}

export const finishEndpoint = (context: RunsContext) =>
  endpoint(contracts.finishRun, async ({ caller, input: { run_id, fence, usage, ...ending } }) => {
    const { status, error = '', again = false } = ending;
    if (again && status === 'failed') throw refusedAgain();
    const run = await requireRun(context, caller, { run_id, fence });
    // The caller repeats a finish whose answer was lost.
    if (run.status === status && run.fence === fence) return { body: run };
    if (usage) await reportUsage(context.db, { id: run_id, fence, usage }, dueBy(context.clock));
    return { body: await finishRun(context, { run, fence, status, error, again, jitter: 0 }) };
  });

export const listRunsEndpoint = ({ db }: RunsContext) =>
  endpoint(contracts.listRuns, async ({ caller: { customer_id, user_id }, input: { mission_id, limit, cursor } }) => ({
    body: await listRuns(autocommit(db), { mission_id, customer_id, user_id }, limit ?? DEFAULT_LIMIT, cursor),
  }));

/** Whichever replica has the claim answers it; the others know of none. */
export const withdrawClaimEndpoint = (longPolls: LongPolls) =>
  endpoint(
    contracts.withdrawClaim,
    ({ input: { claim_id } }) => {
      longPolls.withdraw(claim_id);
      return Promise.resolve({ body: {} });
    },
    { everyReplica: true },
  );

export const returnRunEndpoint = (context: RunsContext) =>
  endpoint(contracts.returnRun, async ({ caller, input: { run_id, fence } }) => {
    await requireRun(context, caller, { run_id, fence });
    await returnRun(context, { id: run_id, fence });
    return { body: {} };
  });

/** Asked before mail of a mission is accepted, and before it leaves. */
export const switchedOffEndpoint = ({ db }: Pick<RunsContext, 'db'>) =>
  endpoint(contracts.isSwitchedOff, async ({ caller: { customer_id, user_id }, input: { mission_id } }) => ({
    body: { switched_off: await isKilled(autocommit(db), customer_id, user_id ?? '', mission_id) },
  }));

/** The reason is left out, too, for a run of another customer or user. */
export const leaseLossEndpoint = ({ db, clock }: RunsContext) =>
  endpoint(contracts.leaseLoss, async ({ caller: { customer_id, user_id }, input: { run_id, fence } }) => {
    const run = await findRun(autocommit(db), run_id, customer_id, user_id);
    const reason = run && (await lossOf(autocommit(db), run, fence, dueBy(clock)));
    return { body: reason === undefined ? {} : { reason } };
  });
