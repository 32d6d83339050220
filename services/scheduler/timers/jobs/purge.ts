import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { gauge } from '@missions/runtime/metrics.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { countPending, PURGE_BATCH, purgeTimers } from '../store/timers.ts';

/**
 * A tombstone has to be there as long as a set that it outranks may arrive: longer than any stream or dead letter keeps
 * that set, and longer than an inbox remembers a firing.
 */
const KEEP_DAYS = 35;
const DAY_MS = 86_400_000;
const EVERY_MS = 60_000;

const pending = gauge('missions_timers_pending', 'Timers that wait for their time; beyond ten thousand an estimate');

interface PurgeContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Purges timers that fired or were cancelled `KEEP_DAYS` ago, in batches, and sets the pending gauge. Safe in every
 * replica: rows that another replica has locked are skipped. Answers how many timers were deleted.
 */
export async function purgeOldTimers({ db, clock, logger }: PurgeContext, stopping?: AbortSignal): Promise<number> {
  const tx = autocommit(db);
  const before = new Date(clock.now().getTime() - KEEP_DAYS * DAY_MS);
  let purged = 0;
  for (let deleted = PURGE_BATCH; deleted >= PURGE_BATCH && stopping?.aborted !== true; purged += deleted)
    deleted = await purgeTimers(tx, before);
  pending.set(await countPending(tx));
  if (purged > 0) logger.info({ purged }, 'old timers purged');
  return purged;
}

/** Runs at once too, so that the gauge is right from the start. */
export function startTimerPurge(context: PurgeContext): Job {
  const name = 'purge of timers';
  const run = (stopping: AbortSignal) => purgeOldTimers(context, stopping);
  return { name, ...startPeriodicJob({ name, logger: context.logger, everyMs: EVERY_MS, runAtStart: true, run }) };
}
