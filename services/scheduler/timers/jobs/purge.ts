import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { gauge } from '@missions/runtime/metrics.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { countPending, PURGE_BATCH, purgeTimers } from '../store/timers.ts';

export interface TimerPurge extends Job {
  /** One round now. Answers how many timers it deleted. */
  run(): Promise<number>;
}

/**
 * A tombstone has to be there as long as a set that it outranks may arrive: longer than any stream or dead letter keeps
 * that set, and longer than an inbox remembers a firing.
 */
const KEEP_DAYS = 35;
const DAY_MS = 86_400_000;

const pending = gauge('missions_timers_pending', 'Timers that wait for their time; beyond ten thousand an estimate');

/**
 * Purges timers that fired or were cancelled `KEEP_DAYS` ago, in batches, and sets the pending gauge. Safe in every
 * replica: rows that another replica has locked are skipped.
 */
export function startTimerPurge({
  db,
  clock,
  logger,
  everyMs = 60_000,
}: {
  db: Database;
  clock: Clock;
  logger: Logger;
  everyMs?: number;
}): TimerPurge {
  const tx = autocommit(db);
  let stopping = false;
  const run = async (): Promise<number> => {
    const before = new Date(clock.now().getTime() - KEEP_DAYS * DAY_MS);
    let total = 0;
    for (let deleted = PURGE_BATCH; deleted >= PURGE_BATCH && !stopping; total += deleted)
      deleted = await purgeTimers(tx, before);
    pending.set(await countPending(tx));
    return total;
  };
  const round = async (): Promise<void> => {
    try {
      const purged = stopping ? 0 : await run();
      if (purged > 0) logger.info({ purged }, 'old timers purged');
    } catch (error) {
      logger.warn({ err: error }, 'purging old timers failed; it is tried again');
    }
  };
  let last = round();
  const timer = setInterval(() => void (last = last.then(round)), everyMs);
  timer.unref();
  return {
    name: 'purge of timers',
    run,
    async stop() {
      stopping = true;
      clearInterval(timer);
      await last;
    },
  };
}
