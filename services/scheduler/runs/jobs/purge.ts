import { autocommit } from '@missions/persistence/transaction.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { Job } from '@missions/service-kit/service.ts';
import type { RunsContext } from '../context.ts';
import { purgeUsage } from '../store/budgets.ts';
import { PURGE_BATCH, purgeRuns } from '../store/runs.ts';

/** As long as a deleted mission can be restored, its runs can be listed. */
const KEEP_DAYS = 35;
const DAY_MS = 86_400_000;
const EVERY_MS = 600_000;

/**
 * Purges runs that ended `KEEP_DAYS` ago, in batches. Safe in every replica: rows that another replica has locked are
 * skipped.
 */
export function startRunPurge({ db, clock, logger }: Pick<RunsContext, 'db' | 'clock' | 'logger'>): Job {
  const name = 'purge of runs';
  const tx = autocommit(db);
  const run = async (stopping: AbortSignal): Promise<void> => {
    const before = new Date(clock.now().getTime() - KEEP_DAYS * DAY_MS);
    for (let deleted = PURGE_BATCH; deleted >= PURGE_BATCH && !stopping.aborted;) deleted = await purgeRuns(tx, before);
    for (let deleted = PURGE_BATCH; deleted >= PURGE_BATCH && !stopping.aborted;)
      deleted = await purgeUsage(tx, before);
  };
  return { name, ...startPeriodicJob({ name, logger, everyMs: EVERY_MS, run }) };
}
