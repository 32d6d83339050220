import { autocommit } from '@missions/persistence/transaction.ts';
import { PURGE_BATCH, purgeRuns } from '../store/purge.ts';
import type { RunsContext } from '../context.ts';

/** As long as a mission that was deleted can be restored, and its runs be looked at. */
const KEEP_DAYS = 35;
const DAY_MS = 86_400_000;

/** Deletes runs that ended long ago, in bounded batches. */
export function startRunPurge(
  { db, clock, logger }: Pick<RunsContext, 'db' | 'clock' | 'logger'>,
  everyMs = 600_000,
): { run(): Promise<number>; stop(): Promise<void> } {
  const tx = autocommit(db);
  let stopping = false;
  const run = async (): Promise<number> => {
    let total = 0;
    for (let gone = PURGE_BATCH; gone >= PURGE_BATCH && !stopping; total += gone)
      gone = await purgeRuns(tx, new Date(clock.now().getTime() - KEEP_DAYS * DAY_MS));
    return total;
  };
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    last = last
      .then(() => (stopping ? 0 : run()))
      .catch((error: unknown) => logger.warn({ err: error }, 'the upkeep of runs failed; it is tried again'));
  }, everyMs);
  timer.unref();
  return {
    run,
    async stop() {
      stopping = true;
      clearInterval(timer);
      await last;
    },
  };
}
