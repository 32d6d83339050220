import type { Clock } from '@missions/runtime/clock.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { Database } from './database.ts';
import { execute, statement } from './statement.ts';

/**
 * The database's clock, as the one clock of all processes: a host whose own clock is minutes off stores and compares the
 * same times as the others. It is read once at the start and every few seconds, and goes on between two readings by the
 * process's monotonic clock, which nobody can set. A reading is off by at most half of its round trip.
 */
export interface DatabaseClock extends Clock {
  readonly kind: 'system';
  stop(): Promise<void>;
}

export interface DatabaseClockOptions {
  readonly logger: Logger;
  /** Default 5,000. */
  readonly everyMs?: number;
}

const readClock = statement(
  'database.clock',
  'select (extract(epoch from clock_timestamp()) * 1000)::float8 as milliseconds',
);

/** A reading whose round trip took longer says less than the one before, which is a minute old at most. */
const LONGEST_ROUND_TRIP_MS = 50;
const LONGEST_AGE_MS = 60_000;

export async function startDatabaseClock(
  db: Pick<Database, 'pool'>,
  { logger, everyMs = 5_000 }: DatabaseClockOptions,
): Promise<DatabaseClock> {
  let reading = await read(db);
  const job = startPeriodicJob({
    name: 'database clock',
    logger,
    everyMs,
    run: async () => {
      const next = await read(db);
      if (next.roundTripMs <= Math.max(LONGEST_ROUND_TRIP_MS, reading.roundTripMs) || isOld(reading)) reading = next;
    },
  });
  return {
    kind: 'system',
    now: () => new Date(performance.now() + reading.aheadMs),
    sleep: systemClock.sleep,
    stop: job.stop,
  };
}

interface Reading {
  /** The database's time less the process's monotonic time. */
  readonly aheadMs: number;
  readonly roundTripMs: number;
  readonly readAt: number;
}

async function read({ pool }: Pick<Database, 'pool'>): Promise<Reading> {
  const client = await pool.connect();
  try {
    const sentAt = performance.now();
    const [row] = await execute<{ milliseconds: number }>(client, readClock);
    const readAt = performance.now();
    if (!row) throw new Error('the database has no time');
    const roundTripMs = readAt - sentAt;
    return { aheadMs: row.milliseconds - (sentAt + roundTripMs / 2), roundTripMs, readAt };
  } finally {
    client.release();
  }
}

const isOld = ({ readAt }: Reading): boolean => performance.now() - readAt > LONGEST_AGE_MS;
