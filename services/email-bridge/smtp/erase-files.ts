import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type PeriodicJob, startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { ServiceContext } from '@missions/service-kit/service.ts';
import { filesToErase, forgetFiles } from '../store/files-to-erase.ts';

const BATCH = 500;

/**
 * Removes the files of erased missions from the folder of `folder-transport.ts`. The erasure itself, a transaction,
 * only lists them: so a process that is killed in between leaves none behind. Works with an SMTP server too: the
 * folder may be of an earlier configuration.
 */
export const startFileErasure = (
  { db, logger }: Pick<ServiceContext, 'db' | 'logger'>,
  folder: string,
  everyMs = 1_000,
): PeriodicJob =>
  startPeriodicJob({
    name: 'erasure of sent files',
    logger,
    everyMs,
    runAtStart: true,
    async run() {
      const files = await filesToErase(autocommit(db), BATCH);
      if (files.length === 0) return;
      const written = files.flatMap((file) => [file, file.replace(/\.eml$/, '.html')]);
      const paths = written.flatMap((file) => [join(folder, file), join(folder, `.${file}.part`)]);
      await Promise.all(paths.map((path) => rm(path, { force: true })));
      await forgetFiles(autocommit(db), files);
    },
  });
