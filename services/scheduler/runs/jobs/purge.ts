import { autocommit } from '@missions/persistence/transaction.ts';
import type { Job } from '@missions/service-kit/service.ts';
import type { RunsContext } from '../context.ts';
import { PURGE_BATCH, purgeRuns } from '../store/runs.ts';

/** As long as a deleted mission can be restored, its runs can be listed. */
const KEEP_DAYS = 35;
const DAY_MS = 86_400_000;

/**
 * Purges runs that ended `KEEP_DAYS` ago, in batches. Safe in every replica: rows that another replica has locked are
 * skipped.
 */
export function startRunPurge(
  { db, clock, logger }: Pick<RunsContext, 'db' | 'clock' | 'logger'>,
  everyMs = 600_000,
): Job & { run(): Promise<number> } {
  const tx = autocommit(db);
  let stopping = false;
  const run = async (): Promise<number> => {
    const before = new Date(clock.now().getTime() - KEEP_DAYS * DAY_MS);
    let total = 0;
    for (let deleted = PURGE_BATCH; deleted >= PURGE_BATCH && !stopping; total += deleted)
      deleted = await purgeRuns(tx, before);
    return total;
  };
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    last = last
      .then(() => (stopping ? 0 : run()))
      .catch((error: unknown) => logger.warn({ err: error }, 'purging old runs failed; it is tried again'));
  }, everyMs);
  timer.unref();
  return {
    name: 'purge of runs',
    run,
    async stop() {
      stopping = true;
      clearInterval(timer);
      await last;
    },
  };
}
