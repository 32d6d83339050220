import type pg from 'pg';
import { hostsOf } from '@missions/runtime/server-lists.ts';
import { clientClass } from './client.ts';

/** Settings of every connection of a service to PostgreSQL, in the pool and outside it. */
export interface SessionOptions {
  /** `postgres://role:password@host:port/database`, with libpq's `sslmode` where wanted; see `hostsOf` for several. */
  url: string;
  /** The service's own schema, which its role owns. */
  schema: string;
  /** 0: no bound, for migrations and for waiting on a lock. */
  statementTimeoutMs: number;
  /** The `application_name` that `pg_stat_activity` shows. */
  name: string;
  /** The URL is PgBouncer's in transaction mode. Default false. */
  pooled?: boolean;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * A prepared statement is planned once for each connection, perhaps while its table is small, and then as a scan of all
 * of it; the plan stays until the table is analysed, a minute or more later. Meanwhile a mark of published events took
 * 1 ms among 2,000 rows, and more with each; by the index it takes 0.1. Migrations, which have no bound, are planned as
 * PostgreSQL likes.
 */
const BY_INDEXES = 'off';

/**
 * A half-open connection must be noticed within 15 s on either side. The server uses TCP keep-alives, so that the locks
 * of a vanished host are released. The client uses keep-alives while idle (Node probes every second, ten times), and
 * `query_timeout` while it waits for an answer, when keep-alives do not run. With `pipeline` the driver destroys a
 * connection whose query timed out; without it the connection would go back to the pool.
 */
export function sessionConfig(session: SessionOptions): pg.ClientConfig & { Client: typeof pg.Client } {
  const { url, schema, statementTimeoutMs, name, pooled = false } = session;
  if (!/^[a-z_][a-z0-9_]*$/.test(schema))
    throw new Error(`"${schema}" is not a schema name: use lower-case letters, digits and underscores`);
  const settings = Object.entries({ search_path: schema, ...settingsOf(statementTimeoutMs) });
  const config = {
    connectionString: hostsOf(url)[0]?.url ?? url,
    Client: clientClass({ url, pooled, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
    application_name: name,
    // A pooler refuses them, because its connections to the server are those of several clients: see `roleDefaults`.
    ...(!pooled && { options: settings.map(([key, value]) => `-c ${key}=${value}`).join(' ') }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    pipeline: true,
  };
  // Longer than the server's own timeout, whose error says more.
  return statementTimeoutMs > 0 ? { ...config, query_timeout: statementTimeoutMs + 2_000 } : config;
}

/** What each session of a service is set to, but for its schema. */
const settingsOf = (statementTimeoutMs: number) => ({
  timezone: 'UTC',
  // Compiling a plan costs more than executing the short statements of the services.
  jit: 'off',
  tcp_keepalives_idle: 5,
  tcp_keepalives_interval: 2,
  tcp_keepalives_count: 4,
  // A process that hangs within a transaction locks no mission for longer than this.
  idle_in_transaction_session_timeout: statementTimeoutMs,
  statement_timeout: statementTimeoutMs,
  enable_seqscan: statementTimeoutMs > 0 ? BY_INDEXES : 'on',
});

/**
 * Behind a pooler a session cannot be set, so the role is: its sessions begin with these settings, also those that the
 * pooler opens. Written over a direct connection, under a lock, because two copies of a service start at once.
 */
export async function setRoleDefaults(direct: SessionOptions): Promise<void> {
  const client = await connectStandalone({ ...direct, name: `${direct.schema} role` });
  const { rows } = await client.query<{ here: string }>('select quote_ident(current_database()) as here');
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtextextended('role ' || current_user, 0))`);
    for (const [name, value] of Object.entries(settingsOf(direct.statementTimeoutMs)))
      await client.query(`alter role current_user in database ${rows[0]?.here} set ${name} = '${value}'`);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

/**
 * A connection outside the pool, for advisory locks and LISTEN, which belong to a session. The caller ends it. Its loss
 * shows as its `end` event; the `error` event is ignored here, because an unhandled one would end the process. Dates
 * are `Date`s, unlike those of the pool.
 */
export async function connectStandalone(options: SessionOptions): Promise<pg.Client> {
  const { Client, ...config } = sessionConfig(options);
  const client = new Client(config);
  client.on('error', () => {});
  await client.connect();
  return client;
}
