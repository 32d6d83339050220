import pg from 'pg';

/** Settings of every connection of a service to PostgreSQL, in the pool and outside it. */
export interface SessionOptions {
  /** `postgres://role:password@host:port/database`, with libpq's `sslmode` where wanted. */
  url: string;
  /** The service's own schema, which its role owns. */
  schema: string;
  /** 0: no bound, for migrations and for waiting on a lock. */
  statementTimeoutMs: number;
  /** The `application_name` that `pg_stat_activity` shows. */
  name: string;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * A prepared statement is planned once for each connection, perhaps while its table is small, and then as a scan of all
 * of it; the plan stays until the table is analysed, a minute or more later. Meanwhile a mark of published events took
 * 1 ms among 2,000 rows, and more with each; by the index it takes 0.1. Migrations, which have no bound, are planned as
 * PostgreSQL likes.
 */
const byIndexes = { enable_seqscan: 'off' };

/**
 * A half-open connection must be noticed within 15 s on either side. The server uses TCP keep-alives, so that the locks
 * of a vanished host are released. The client uses keep-alives while idle (Node probes every second, ten times), and
 * `query_timeout` while it waits for an answer, when keep-alives do not run. With `pipeline` the driver destroys a
 * connection whose query timed out; without it the connection would go back to the pool.
 */
export function sessionConfig({ url, schema, statementTimeoutMs, name }: SessionOptions): pg.ClientConfig {
  if (!/^[a-z_][a-z0-9_]*$/.test(schema))
    throw new Error(`"${schema}" is not a schema name: use lower-case letters, digits and underscores`);
  const settings = {
    search_path: schema,
    timezone: 'UTC',
    // Compiling a plan costs more than executing the short statements of the services.
    jit: 'off',
    tcp_keepalives_idle: 5,
    tcp_keepalives_interval: 2,
    tcp_keepalives_count: 4,
    // A process that hangs within a transaction locks no mission for longer than this.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    statement_timeout: statementTimeoutMs,
  };
  const config = {
    connectionString: url,
    application_name: name,
    options: Object.entries(statementTimeoutMs > 0 ? { ...settings, ...byIndexes } : settings)
      .map(([key, value]) => `-c ${key}=${value}`)
      .join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    pipeline: true,
  };
  // Longer than the server's own timeout, whose error says more.
  return statementTimeoutMs > 0 ? { ...config, query_timeout: statementTimeoutMs + 2_000 } : config;
}

/**
 * A connection outside the pool, for advisory locks and LISTEN, which belong to a session. The caller ends it. Its loss
 * shows as its `end` event; the `error` event is ignored here, because an unhandled one would end the process. Dates
 * are `Date`s, unlike those of the pool.
 */
export async function connectStandalone(options: SessionOptions): Promise<pg.Client> {
  const client = new pg.Client(sessionConfig(options));
  client.on('error', () => {});
  await client.connect();
  return client;
}
