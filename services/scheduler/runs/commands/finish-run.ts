import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { finishRun, heartbeatRun, listRuns as listRunsContract, type Run } from '@missions/contracts/scheduler/runs.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { MAX_FAILURES } from '../domain/schedule.ts';
import { extendLease, findRun } from '../store/leases.ts';
import { endRun } from '../store/end.ts';
import { listRuns } from '../store/list.ts';
import { failuresOf } from '../store/failures.ts';
import type { RunsContext } from '../context.ts';
import { settle } from './claim-run.ts';

/** The lease holds at least so long while the mission service is asked, so that nobody is given the run in between. */
const SETTLE_SECONDS = 15;
const DEFAULT_LIMIT = 50;

const lost = (): Problem =>
  new Problem(
    'LEASE_LOST',
    'The lease of this run is over, and the run may be another agent’s. Stop working on it, and claim again.',
  );

export interface Finish {
  readonly run: Run;
  readonly fence: number;
  readonly status: 'succeeded' | 'failed';
  readonly error: string;
  readonly jitter: number;
}

/**
 * Settles at the mission service, then records. When the record fails, the event of the settlement makes it; when the settlement's answer is
 * lost, so too: a repeated finish then finds the run as it left it.
 * @throws {Problem} `LEASE_LOST`
 */
export async function finish(context: RunsContext, { run, fence, status, error, jitter }: Finish): Promise<Run> {
  const { db, clock } = context;
  const tx = autocommit(db);
  if (!(await extendLease(tx, run.id, fence, SETTLE_SECONDS, dueBy(clock)))) throw lost();
  const pause = status === 'failed' && (await failuresOf(tx, run.mission_id)) + 1 >= MAX_FAILURES;
  const version = await settle(context, { run, fence, status, error, pause });
  const at = clock.now().toISOString();
  const ended = await transaction(db, (inside) =>
    endRun(inside, {
      run,
      status,
      error,
      at,
      virtual: dueBy(clock),
      // Granting made the first version and settling the last: with none between, nothing was changed.
      ending: ({ granted_version }) =>
        status === 'failed'
          ? { as: 'failed', jitter }
          : { as: 'succeeded', changed: granted_version === null || version > granted_version + 1 },
    }),
  );
  context.wake();
  context.offered(run.customer_id);
  return ended?.run ?? (await findRun(tx, run.id, run.customer_id, null)) ?? run;
}

/** @throws {Problem} `NOT_FOUND`, also of another customer's or user's. */
async function found({ db }: RunsContext, { customer_id, user_id }: Caller, id: string): Promise<Run> {
  const run = await findRun(autocommit(db), id, customer_id, user_id);
  if (!run) throw new Problem('NOT_FOUND', 'There is no such run.');
  return run;
}

export const heartbeatEndpoint = (context: RunsContext) =>
  endpoint(heartbeatRun, async ({ caller, input: { run_id, fence } }) => {
    await found(context, caller, run_id);
    const run = await extendLease(autocommit(context.db), run_id, fence, null, dueBy(context.clock));
    if (!run) throw lost();
    return { body: run };
  });

export const finishEndpoint = (context: RunsContext) =>
  endpoint(finishRun, async ({ caller, input: { run_id, fence, status, error = '' } }) => {
    const run = await found(context, caller, run_id);
    // The same finish again, whose answer was lost.
    if (run.status === status && run.fence === fence) return { body: run };
    return { body: await finish(context, { run, fence, status, error, jitter: 0 }) };
  });

export const listRunsEndpoint = ({ db }: RunsContext) =>
  endpoint(listRunsContract, async ({ caller: { customer_id, user_id }, input: { mission_id, limit, cursor } }) => ({
    body: await listRuns(autocommit(db), { mission_id, customer_id, user_id }, limit ?? DEFAULT_LIMIT, cursor),
  }));
