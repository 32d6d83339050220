import { setTimeout as pause } from 'node:timers/promises';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { DISPATCH_BATCH, dispatchRuns, nextRunIn } from '../store/runs-dispatch.ts';
import { endRun } from '../store/runs-end.ts';
import { giveBackRun, leasesOver } from '../store/runs-lease.ts';
import { findOpenRun } from '../store/runs-open.ts';
import type { RunsContext } from './runs-context.ts';
import { settle } from './runs-grant.ts';

/**
 * Queues runs of missions that are due, and gives on those whose lease has ended; sleeps until the next of either, at most `pollMs`. Any
 * number of copies do so: what another one holds just now is stepped over. The poll is for what other copies stored, and for switches.
 */
export interface Dispatching {
  wake(): void;
  check(): void;
  stop(): Promise<void>;
}

export type DispatchingOptions = Omit<RunsContext, 'wake'> & { readonly isFull: () => boolean; readonly pollMs?: number };

const CONTENDED_MS = 20;
const FULL_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

const requested = counter('missions_runs_requested_total', 'Autonomous runs that were requested', ['reason']);
const abandoned = counter('missions_runs_abandoned_total', 'Runs whose lease ended before they were finished', []);

export function startDispatching({ isFull, pollMs = 1_000, ...context }: DispatchingOptions): Dispatching {
  const { db, clock, logger } = context;
  const tx = autocommit(db);
  const stopping = new AbortController();
  let rung = false;
  let sleeper: AbortController | undefined;
  let failures = 0;
  let failure: unknown;

  const wake = (): void => {
    rung = true;
    sleeper?.abort();
  };
  const rest = (milliseconds: number): Promise<unknown> => pause(milliseconds, undefined, { signal: stopping.signal }).catch(() => {});

  /** Answers how many runs were queued or given on. */
  const work = async (): Promise<number> => {
    let total = 0;
    for (const id of await leasesOver(tx, dueBy(clock))) if (await giveOn(context, tx, id)) total++;
    for (let queued = DISPATCH_BATCH; queued >= DISPATCH_BATCH && !stopping.signal.aborted && !isFull(); total += queued) {
      const dispatched = await dispatchRuns(tx, dueBy(clock));
      queued = dispatched.length;
      for (const { customer_id, reason } of dispatched) {
        requested.inc({ reason });
        context.offered(customer_id);
      }
    }
    return total;
  };

  const step = async (): Promise<void> => {
    rung = false;
    if (isFull()) return void (await rest(FULL_MS));
    const asked = clock.now().getTime();
    const inMs = await nextRunIn(tx, dueBy(clock));
    if (inMs <= 0) {
      if ((await work()) === 0) await rest(CONTENDED_MS);
      return;
    }
    // Of a virtual clock: it may have been moved while the database was asked.
    const passed = clock.now().getTime() - asked;
    if (rung || stopping.signal.aborted) return;
    sleeper = new AbortController();
    await clock.sleep(Math.ceil(Math.min(inMs, pollMs) - passed), sleeper.signal);
    sleeper = undefined;
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await step();
        if (failures > 0) logger.info({ failures }, 'runs are dispatched again');
        failures = 0;
        failure = undefined;
      } catch (error) {
        failure = error;
        if (failures++ % 10 === 0) logger.warn({ err: error, failures }, 'runs cannot be dispatched; they are kept, and tried again');
        await rest(Math.min(50 * 2 ** failures, LONGEST_PAUSE_MS));
      }
    }
  };
  const done = run();

  return {
    wake,
    check() {
      if (failure !== undefined) throw new Error('runs cannot be dispatched just now', { cause: failure });
    },
    async stop() {
      stopping.abort();
      wake();
      await done;
    },
  };
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
    endRun(inside, { run, status: 'expired', error, at, virtual: dueBy(clock), ending: ({ is_over }) => (is_over ? { as: 'abandoned' } : undefined) }),
  );
  if (!ended) return false;
  abandoned.inc();
  // For the history only: the next grant fences the lost lease off, whether this arrives or not.
  if (run.fence !== null) {
    settle(context, { run, fence: run.fence, status: 'expired', error, pause: false }).catch((cause: unknown) => logger.debug({ err: cause, run: id }, 'a lost lease was not settled'));
  }
  return true;
}
