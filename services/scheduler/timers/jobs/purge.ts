import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { gauge } from '@missions/runtime/metrics.ts';
import { countPending } from '../store/count-pending.ts';
import { PURGE_BATCH, purgeTimers } from '../store/purge-timers.ts';

export interface Upkeep {
  /** One round now; answers how many timers it deleted. */
  run(): Promise<number>;
  stop(): Promise<void>;
}

/** Longer than any stream or dead letter keeps a set that a tombstone has to keep out, and longer than an inbox remembers a firing. */
const KEEP_DAYS = 35;
const DAY_MS = 86_400_000;

const pending = gauge('missions_timers_pending', 'Timers that wait for their time; beyond ten thousand an estimate');

/** Deletes, in bounded batches, what has long had its outcome, and counts what has not. Every copy does it; they step over each other's rows. */
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
}): Upkeep {
  const tx = autocommit(db);
  let stopping = false;
  const run = async (): Promise<number> => {
    let total = 0;
    for (let gone = PURGE_BATCH; gone >= PURGE_BATCH && !stopping; total += gone)
      gone = await purgeTimers(tx, new Date(clock.now().getTime() - KEEP_DAYS * DAY_MS));
    pending.set(await countPending(tx));
    return total;
  };
  const round = async (): Promise<void> => {
    try {
      const purged = stopping ? 0 : await run();
      if (purged > 0) logger.info({ purged }, 'old timers purged');
    } catch (error) {
      logger.warn({ err: error }, 'the upkeep of timers failed; it is tried again');
    }
  };
  let last = round();
  const timer = setInterval(() => void (last = last.then(round)), everyMs);
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
