import { openDatabase, type Database } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { servers } from '@missions/test-support/stack.ts';
import { schedulerEntities } from '../store/entities.ts';
import { schedulerMigrations } from '../store/migrations.ts';

export const silent = createLogger({ service: 'spec', level: 'silent' });

/** The scheduler's own tables on a real PostgreSQL. */
export async function scratchDatabase(): Promise<Database> {
  const database = await (await servers()).freshDatabase({ services: ['scheduler'] });
  const db = await openDatabase({
    url: database.urlFor('scheduler'),
    schema: 'scheduler',
    entities: schedulerEntities,
    migrations: schedulerMigrations,
    poolSize: 10,
    logger: silent,
  });
  await migrate(db);
  return db;
}
