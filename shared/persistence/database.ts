import { setTimeout as pause } from 'node:timers/promises';
import { type AnyEntity, type EntityClass, type EntitySchema, type MigrationObject } from '@mikro-orm/core';
import { type Migration, Migrator } from '@mikro-orm/migrations';
import { MikroORM, type PostgreSqlConnection } from '@mikro-orm/postgresql';
import type { Logger } from '@missions/runtime/logger.ts';
import type pg from 'pg';
import { databaseProblem } from './error-mapping.ts';
import { guardPoolAgainstLeaks } from './pool-leak-guard.ts';
import { sessionConfig } from './session.ts';
import { Notifier } from './notifier.ts';

export interface DatabaseOptions {
  /** The service's own role; see `sessionConfig`. */
  url: string;
  schema: string;
  entities: (EntityClass<AnyEntity> | EntitySchema)[];
  /** In order. Explicit, so that nothing is found or missed by looking into folders. */
  migrations: (MigrationObject | (new (...args: ConstructorParameters<typeof Migration>) => Migration))[];
  logger: Logger;
  /** Connections at most; requests beyond wait up to 5 s for one and then fail as UNAVAILABLE. */
  poolSize?: number;
  statementTimeoutMs?: number;
  /** How long `openDatabase` waits for a server that is not up yet: containers start in any order. */
  waitMs?: number;
}

export interface Database {
  readonly orm: MikroORM;
  /**
   * MikroORM's own pool: there is one per process. Its connections give dates as PostgreSQL's text (`2026-01-02 03:04:05.678+00`), because
   * MikroORM parses them itself; statements of ours mostly answer JSON built in SQL, where they are ISO 8601 already.
   */
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly options: Required<DatabaseOptions>;
  /** Fires after a commit that wrote to the outbox, in this process; a relay listens. */
  readonly outboxWritten: Notifier;
  /** Throws when the database does not answer; for readiness. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const defaults = { poolSize: 10, statementTimeoutMs: 10_000, waitMs: 30_000 };

export async function openDatabase(given: DatabaseOptions): Promise<Database> {
  const options = { ...defaults, ...given };
  const orm = await openOrm(options);
  const pool = await nativePool(orm);
  try {
    await untilReachable(pool, options);
  } catch (error) {
    await orm.close(true);
    throw error;
  }
  return {
    orm,
    pool,
    schema: options.schema,
    options,
    outboxWritten: new Notifier(),
    check: async () => void (await pool.query('select 1')),
    close: () => orm.close(true),
  };
}

/**
 * The schema generator is told to see nothing but the service's own schema, and never to drop: `update()` and a migration made without a
 * snapshot would drop the other services' schemas.
 */
export function openOrm(options: Required<DatabaseOptions>): Promise<MikroORM> {
  const { url, schema, entities, migrations, logger, poolSize, statementTimeoutMs } = options;
  return MikroORM.init({
    clientUrl: url,
    schema,
    entities,
    extensions: [Migrator],
    driverOptions: {
      ...sessionConfig({ url, schema, statementTimeoutMs, name: `${schema} service` }),
      onPoolCreated: guardPoolAgainstLeaks,
    },
    pool: { min: 0, max: poolSize },
    ensureDatabase: false,
    forceUtcTimezone: true,
    colors: false,
    debug: false,
    logger: (message) => logger.debug({ orm: message }, 'mikro-orm'),
    migrations: {
      migrationsList: migrations,
      tableName: 'migrations',
      transactional: true,
      allOrNothing: true,
      snapshot: false,
      snapshotOnMigrate: false,
      dropTables: false,
      safe: true,
      silent: true,
    },
  });
}

export const nativePool = (orm: MikroORM): Promise<pg.Pool> =>
  (orm.em.getConnection() as PostgreSqlConnection).getNativeClient();

async function untilReachable(pool: pg.Pool, { waitMs, logger }: Required<DatabaseOptions>): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (let attempt = 1; ; attempt++) {
    try {
      await pool.query('select 1');
      return;
    } catch (error) {
      if (!databaseProblem(error) || Date.now() > deadline) throw error;
      if (attempt === 1) logger.warn({ err: error }, 'waiting for the database');
      await pause(Math.min(100 * attempt, 1_000));
    }
  }
}
