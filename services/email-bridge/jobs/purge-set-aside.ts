import { autocommit } from '@missions/persistence/transaction.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { Job, ServiceContext } from '@missions/service-kit/service.ts';
import { deleteOldSetAside } from '../store/unread-mail.ts';

const HOUR_MS = 3_600_000;

/**
 * Deletes the mail that was set aside before so many days: strangers wrote it, and nobody else takes it away. All that
 * is kept of such mail is its row. Safe in every copy.
 */
export function startSetAsidePurge(
  { db, logger }: Pick<ServiceContext, 'db' | 'logger'>,
  { days, everyMs = HOUR_MS }: { readonly days: number; readonly everyMs?: number },
): Job {
  const name = 'purge of mail that was set aside';
  const run = async (): Promise<void> => {
    const deleted = await deleteOldSetAside(autocommit(db), days);
    if (deleted > 0) logger.info({ deleted, older_than_days: days }, 'mail that was set aside was deleted');
  };
  return { name, ...startPeriodicJob({ name, logger, everyMs, runAtStart: true, run }) };
}
