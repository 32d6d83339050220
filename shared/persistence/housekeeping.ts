import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';
import { autocommit } from './transaction.ts';

/** How long rows are kept after they have done their work. */
export interface Retention {
  /** Published events, from which a lost stream can be rebuilt. Default 72. */
  outboxHours: number;
  /** Longer than any stream or dead letter may still deliver an event. Default 30. */
  inboxDays: number;
  /** Default 24. */
  idempotencyHours: number;
}

export interface HousekeepingOptions {
  logger: Logger;
  clock?: Clock;
  /** Default 600,000. */
  everyMs?: number;
  keep?: Partial<Retention>;
  /** Rows per statement, so that each holds its locks for milliseconds only. Default 2000. */
  batch?: number;
}

export interface Housekeeping {
  /** Purges once now. @returns the number of deleted rows of each table. */
  run(): Promise<Purged>;
  stop(): Promise<void>;
}

export interface Purged {
  outbox: number;
  inbox: number;
  idempotency: number;
}

const defaultKeep: Retention = { outboxHours: 72, inboxDays: 30, idempotencyHours: 24 };
const HOUR_MS = 3_600_000;

/**
 * Reads the outbox from its head by position, so that no index on `published_at` slows down every event: positions and
 * times rise together. Unpublished rows in between are skipped.
 */
const purgeOutbox = statement(
  'housekeeping.outbox',
  `with head as (select position, published_at from outbox where position > $2 order by position limit $3),
        gone as (delete from outbox using head
                  where outbox.position = head.position and outbox.published_at < $1 returning 1)
   select (select count(*) from gone)::int as gone, (select max(position) from head) as last,
          (select count(*) from head)::int = $3
            and coalesce((select bool_or(published_at is null or published_at < $1) from head), false) as more`,
);
const purgeByAge = (table: string, key: string, column: string) =>
  statement(
    `housekeeping.${table}`,
    `with old as (select ${key} from ${table} where ${column} < $1 order by ${column} limit $2 for update skip locked),
          gone as (delete from ${table} where (${key}) in (select ${key} from old) returning 1)
     select count(*)::int as gone from gone`,
  );
const purgeInbox = purgeByAge('inbox', 'consumer, event_id', 'claimed_at');
const purgeIdempotency = purgeByAge('idempotency', 'scope_hash, key', 'created_at');

/** Deletes old rows in every process of a service; locked rows are skipped. */
export function startHousekeeping(db: Database, options: HousekeepingOptions): Housekeeping {
  const { logger, clock = systemClock, everyMs = 600_000, batch = 2_000 } = options;
  const keep = { ...defaultKeep, ...options.keep };
  const tx = autocommit(db);
  let stopping = false;
  const before = (hours: number): string => new Date(clock.now().getTime() - hours * HOUR_MS).toISOString();

  const outbox = async (): Promise<number> => {
    let total = 0;
    for (let position = '0'; !stopping;) {
      const [row] = await tx.run<{ gone: number; last: string | null; more: boolean }>(purgeOutbox, [
        before(keep.outboxHours),
        position,
        batch,
      ]);
      total += row?.gone ?? 0;
      if (!row?.more || row.last === null) break;
      position = row.last;
    }
    return total;
  };
  const byAge = async (purge: typeof purgeInbox, hours: number): Promise<number> => {
    let total = 0;
    while (!stopping) {
      const [row] = await tx.run<{ gone: number }>(purge, [before(hours), batch]);
      total += row?.gone ?? 0;
      if ((row?.gone ?? 0) < batch) break;
    }
    return total;
  };
  const run = async (): Promise<Purged> => ({
    outbox: await outbox(),
    inbox: await byAge(purgeInbox, keep.inboxDays * 24),
    idempotency: await byAge(purgeIdempotency, keep.idempotencyHours),
  });

  const job = startPeriodicJob({
    name: `housekeeping of ${db.schema}`,
    logger,
    everyMs,
    run: async () => {
      const purged = await run();
      if (purged.outbox + purged.inbox + purged.idempotency > 0) logger.info({ purged }, 'old rows were deleted');
    },
  });

  return {
    run,
    async stop() {
      stopping = true;
      await job.stop();
    },
  };
}
