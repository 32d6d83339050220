import type { Database } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { openServiceDatabase } from '@missions/service-kit/service.ts';
import { servers } from '@missions/test-support/stack.ts';
import { scheduler } from '../service.ts';

export const silent = createLogger({ service: 'spec', level: 'silent' });

/** The scheduler's tables, migrated, in a fresh database of a real PostgreSQL. */
export async function scratchDatabase(): Promise<Database> {
  const database = await (await servers()).freshDatabase({ services: ['scheduler'] });
  const db = await openSchedulerDatabase(database.urlFor('scheduler'), 10);
  await migrate(db);
  return db;
}

export const openSchedulerDatabase = (databaseUrl: string, poolSize: number): Promise<Database> =>
  openServiceDatabase(scheduler, { databaseUrl, poolSize }, silent);
