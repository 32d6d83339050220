import pg from 'pg';

/** How every connection of a service to PostgreSQL is set up: those of the pool and the few that stand alone. */
export interface SessionOptions {
  /** `postgres://role:password@host:port/database`, with libpq's `sslmode` where wanted. */
  url: string;
  /** The service's own schema, which its role owns. */
  schema: string;
  /** 0: no bound, for migrations and for waiting on a lock. */
  statementTimeoutMs: number;
  /** What an operator sees in `pg_stat_activity`. */
  name: string;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * A half-open connection must be noticed within 15 s on either side. The server: TCP keep-alives, so that the locks of a vanished host are
 * freed. The client: keep-alives while idle (Node probes every second, ten times), and `query_timeout` while it waits for an answer, when
 * keep-alives do not run. With `pipeline` the driver destroys a connection whose query timed out; without it, it would go back to the pool.
 */
export function sessionConfig({ url, schema, statementTimeoutMs, name }: SessionOptions): pg.ClientConfig {
  if (!/^[a-z_][a-z0-9_]*$/.test(schema))
    throw new Error(`"${schema}" is no schema name: lower-case letters, digits and underscores`);
  const settings = {
    search_path: schema,
    timezone: 'UTC',
    // Compiling a plan costs more than our short statements do.
    jit: 'off',
    tcp_keepalives_idle: 5,
    tcp_keepalives_interval: 2,
    tcp_keepalives_count: 4,
    // A process that stands still holds no mission for longer than this.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    statement_timeout: statementTimeoutMs,
  };
  const config = {
    connectionString: url,
    application_name: name,
    options: Object.entries(settings)
      .map(([key, value]) => `-c ${key}=${value}`)
      .join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    pipeline: true,
  };
  // Longer than the server's own bound, whose error says more.
  return statementTimeoutMs > 0 ? { ...config, query_timeout: statementTimeoutMs + 2_000 } : config;
}

/**
 * A connection outside the pool, for what belongs to a session: advisory locks, LISTEN. The caller ends it. Its loss shows as its `end`
 * event; the `error` event is swallowed here, because an unhandled one ends the process. Its dates are `Date`s, unlike those of the pool.
 */
export async function connectStandalone(options: SessionOptions): Promise<pg.Client> {
  const client = new pg.Client(sessionConfig(options));
  client.on('error', () => {});
  await client.connect();
  return client;
}
