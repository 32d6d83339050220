import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { pruneMailCounts } from '../store/mail-limits.ts';

const EVERY_MS = 3_600_000;

/** Forgets the counts of days gone by. Safe in every copy. */
export function startMailCountPurge({ db, logger }: { readonly db: Database; readonly logger: Logger }): Job {
  const name = 'purge of mail counts';
  const tx = autocommit(db);
  return { name, ...startPeriodicJob({ name, logger, everyMs: EVERY_MS, run: () => pruneMailCounts(tx) }) };
}
