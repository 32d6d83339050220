import { setTimeout as pause } from 'node:timers/promises';
import { type AnyEntity, type EntityClass, type EntitySchema, type MigrationObject } from '@mikro-orm/core';
import { type Migration, Migrator } from '@mikro-orm/migrations';
import { MikroORM, type PostgreSqlConnection } from '@mikro-orm/postgresql';
import type { Logger } from '@missions/runtime/logger.ts';
import { gauge } from '@missions/runtime/metrics.ts';
import type pg from 'pg';
import { databaseProblem } from './error-mapping.ts';
import { hostsOf } from '@missions/runtime/server-lists.ts';
import { sessionConfig, setRoleDefaults } from './session.ts';

export interface DatabaseOptions {
  /** The service's own role; see `sessionConfig`. */
  url: string;
  /** PostgreSQL itself, where `url` is a pooler's: for leases, notifications and migrations. Default: `url`. */
  directUrl?: string | undefined;
  /** `url` is that of a pooler in transaction mode, which keeps nothing of a session. Default false. */
  pooled?: boolean | undefined;
  schema: string;
  entities: (EntityClass<AnyEntity> | EntitySchema)[];
  /** In their order. An explicit list, so that no migration is found or missed by a search of folders. */
  migrations: (MigrationObject | (new (...args: ConstructorParameters<typeof Migration>) => Migration))[];
  logger: Logger;
  /** Connections at most; further calls wait up to 5 s for one and then fail as UNAVAILABLE. Default 10. */
  poolSize?: number;
  /** Default 10,000. */
  statementTimeoutMs?: number;
  /**
   * How long `openDatabase` waits for a server that is not up yet: containers start in any order. Default 30,000;
   * services wait without end.
   */
  waitMs?: number;
  /** Aborts that wait. */
  signal?: AbortSignal | undefined;
}

export interface Database {
  readonly orm: MikroORM;
  /**
   * MikroORM's own pool, the only one of the process. Its connections return dates as PostgreSQL's text
   * (`2026-01-02 03:04:05.678+00`), because MikroORM parses them itself; the stores' statements mostly return JSON
   * built in SQL, where dates are ISO 8601 already.
   */
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly options: DatabaseSettings;
  /** Notifies the relay of this process after a commit that wrote to the outbox. */
  readonly outboxWritten: Notifier;
  /** For readiness. @throws Error if the database does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

type Unset = 'signal' | 'pooled' | 'directUrl';
export type DatabaseSettings = Required<Omit<DatabaseOptions, Unset>> & Pick<DatabaseOptions, Unset>;

const defaults = { poolSize: 10, statementTimeoutMs: 10_000, waitMs: 30_000 };

export async function openDatabase(given: DatabaseOptions): Promise<Database> {
  const options = { ...defaults, ...given };
  const orm = await openOrm(options);
  const pool = await nativePool(orm);
  try {
    await waitUntilReachable(pool, options);
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
    close: async () => {
      await orm.close(true);
      // MikroORM ends its pool only if it has used it itself. A process whose statements were all the stores' own would
      // live on until its idle connections time out, which is 10 s.
      if (!pool.ending) await pool.end();
    },
  };
}

/**
 * The schema generator sees only the service's own schema, and never drops: otherwise `update()`, and a migration made
 * without a snapshot, would drop the other services' schemas.
 */
export function openOrm(options: DatabaseSettings): Promise<MikroORM> {
  const { url, pooled = false, schema, entities, migrations, logger, poolSize, statementTimeoutMs } = options;
  const one = hostsOf(url)[0]?.url ?? url;
  return MikroORM.init({
    // The driver is given its own address; that of a socket is none to MikroORM.
    ...(URL.canParse(one) ? { clientUrl: one } : { dbName: schema }),
    schema,
    entities,
    extensions: [Migrator],
    driverOptions: {
      ...sessionConfig({ url, schema, statementTimeoutMs, name: `${schema} service`, pooled }),
      onPoolCreated: (created: pg.Pool) => {
        guardPoolAgainstLeaks(created);
        watchPool(created, schema);
      },
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

async function waitUntilReachable(pool: pg.Pool, options: DatabaseSettings): Promise<void> {
  const { waitMs, logger, signal, pooled, schema, statementTimeoutMs } = options;
  const deadline = Date.now() + waitMs;
  const reach = async (): Promise<void> => {
    // First, so that the pooler's connections begin with them.
    if (pooled) await setRoleDefaults({ url: directUrlOf(options), schema, statementTimeoutMs, name: '' });
    await pool.query('select 1');
  };
  await whileDatabaseAway(reach, { logger, signal, giveUp: () => Date.now() > deadline });
}

export interface AwayOptions {
  logger: Logger;
  signal?: AbortSignal | undefined;
  /** Default: never. */
  giveUp?: () => boolean;
}

/** For what belongs to a session. */
export const directUrlOf = ({ url, directUrl }: Pick<DatabaseOptions, 'url' | 'directUrl'>): string => directUrl ?? url;

/** While the database is away, the log says so about every 30 s. */
const LOG_EVERY = 30;

/**
 * Repeats a step of the start until the database is there. @throws every error that waiting does not mend, such as a
 * wrong password or an unknown database.
 */
export async function whileDatabaseAway<T>(
  step: () => Promise<T>,
  { logger, signal, giveUp = () => false }: AwayOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await step();
    } catch (error) {
      if (!databaseProblem(error) || giveUp()) throw error;
      if (attempt % LOG_EVERY === 1) logger.warn({ err: error, attempt }, 'waiting for the database');
      await pause(Math.min(100 * attempt, 1_000), undefined, signal && { signal });
    }
  }
}

/** Calls its listeners synchronously, without a payload. */
export class Notifier {
  readonly #listeners = new Set<() => void>();

  /** @returns the function that removes the listener. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

const connections = gauge('missions_database_connections', 'Connections of the pool, and calls that wait for one', [
  'schema',
  'state',
]);

function watchPool(created: pg.Pool, schema: string): void {
  const note = (): void => {
    connections.set({ schema, state: 'idle' }, created.idleCount);
    connections.set({ schema, state: 'used' }, created.totalCount - created.idleCount);
    connections.set({ schema, state: 'waited_for' }, created.waitingCount);
  };
  for (const event of ['connect', 'acquire', 'release', 'remove'] as const) created.on(event, note);
}

/**
 * Returns connections that break while in use to the pool. Kysely, and so MikroORM, releases a transaction's connection
 * only after its commit or rollback has succeeded; on a dead connection neither does, and every unit of work in flight
 * while PostgreSQL restarts would take one place of the pool with it for good (and `close` would wait for it for ever).
 */
function guardPoolAgainstLeaks(pool: pg.Pool): void {
  const connect = pool.connect.bind(pool) as (callback?: unknown) => Promise<pg.PoolClient> | undefined;
  // With a callback the caller is the pool's own `query`, which always releases.
  const guarded = (callback?: unknown) => (callback ? connect(callback) : connect()?.then(guard));
  pool.connect = guarded as typeof pool.connect;
}

function guard(client: pg.PoolClient): pg.PoolClient {
  const release = client.release;
  let returned = false;
  const lost = (): void => {
    returned = true;
    release(true);
  };
  client.once('end', lost);
  client.release = (broken) => {
    if (returned) return;
    client.off('end', lost);
    release(broken);
  };
  return client;
}
