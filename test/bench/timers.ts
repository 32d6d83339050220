import { join } from 'node:path';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { schedulerEntities } from '@missions/scheduler/store/entities.ts';
import { schedulerMigrations } from '@missions/scheduler/store/migrations.ts';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { Client } from 'pg';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { type Program, startProgram } from './program.ts';
import type { Bench } from './row.ts';
import type { BenchNats } from './servers.ts';

/** A database with the scheduler's migrated tables. */
export async function openTimers(bench: Bench, database: TestDatabase): Promise<Database> {
  const logger = createLogger({ service: 'bench', level: 'error' });
  const db = await openDatabase({
    url: database.urlFor('scheduler'),
    schema: 'scheduler',
    entities: schedulerEntities,
    migrations: schedulerMigrations,
    logger,
    poolSize: 2,
  });
  bench.after(() => db.close());
  await migrate(db);
  return db;
}

/**
 * Inserts timers, each of its own mission, in random order of time, and vacuums the table, as autovacuum would have
 * done.
 */
export async function plantTimers(
  database: TestDatabase,
  { count, due }: { count: number; due: 'in years' | 'already' },
): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    const away = due === 'already' ? `-interval '1 hour'` : `interval '3 years'`;
    await client.query(
      `insert into scheduler.timer (owner, key, revision, customer_id, user_id, mission_id, fire_at, payload)
       select 'mission', 'blocker:' || gen_random_uuid(), 1, 'customer-' || i % 100, 'user-' || i % 1000, gen_random_uuid()::text,
              now() + ${away} + random() * interval '50 minutes', '{"blocker_id":"0191d3f0-7c2b-7cc3-98c4-dc0c0c07398f"}'
         from generate_series(1, ${count}) as i`,
    );
    await client.query('vacuum (analyze) scheduler.timer');
  } finally {
    await client.end();
  }
}

/** Starts the scheduler as it is deployed, as a process of its own. */
export async function startScheduler({
  database,
  nats,
  folder,
}: {
  database: TestDatabase;
  nats: BenchNats;
  folder: string;
}): Promise<Program> {
  const port = await freePort();
  return startProgram({
    name: 'scheduler',
    service: 'scheduler',
    script: 'services/scheduler/main.ts',
    env: {
      NODE_ENV: 'production',
      NATS_URL: nats.urlFor('scheduler'),
      ...callerKeyEnv('scheduler'),
      DATABASE_URL: database.urlFor('scheduler'),
      HEALTH_PORT: String(port),
    },
    readyUrl: `http://127.0.0.1:${port}/readyz`,
    logFile: join(folder, 'scheduler.log'),
  });
}
