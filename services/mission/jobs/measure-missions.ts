import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { measureMissions } from '../store/quotas.ts';

const EVERY_MS = 600_000;
const BATCH = 100;

/** Measures missions that a version without quotas has stored, or still stores. Safe in every copy. */
export function startMeasuring({ db, logger }: { readonly db: Database; readonly logger: Logger }): Job {
  const name = 'measuring of missions';
  const tx = autocommit(db);
  const run = async (): Promise<void> => {
    while ((await measureMissions(tx, null, BATCH)) > 0);
  };
  return { name, ...startPeriodicJob({ name, logger, everyMs: EVERY_MS, runAtStart: true, run }) };
}
