import { isIP } from 'node:net';
import pg from 'pg';
import { type DatabaseHost, hostsOf } from '@missions/runtime/server-lists.ts';

/** The classes of the connections to one database; each call is a pool's, or a single connection's. */
export interface ClientOptions {
  /** May name several servers: connections go to the one that takes writes. */
  readonly url: string;
  /** Whether a pooler is in between that keeps nothing of a session, no prepared statement either. */
  readonly pooled: boolean;
  readonly connectTimeoutMs: number;
}

type Callback = (error: Error | null, client?: unknown) => void;

/**
 * An address of `DATABASE_URL` is compared with those that the server's certificate names. The driver tells TLS names
 * only, without which Node compares the certificate with `localhost`.
 */
class AddressedClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.Client> | undefined {
    const { host, connection } = this as unknown as { host: string; connection: { ssl: boolean | object } };
    if (connection.ssl && isIP(host) !== 0)
      connection.ssl = Object.assign(connection.ssl === true ? {} : connection.ssl, { host });
    if (!callback) return super.connect();
    super.connect(callback);
    return undefined;
  }
}

/**
 * The driver's client with what it lacks: several hosts in the URL, as libpq has them, and statements without a name
 * behind a pooler in transaction mode, where the next statement may run on another connection of the server.
 */
export function clientClass({ url, pooled, connectTimeoutMs }: ClientOptions): typeof pg.Client {
  const servers = hostsOf(url);
  const several = servers.length > 1 ? new WritableHost(servers, connectTimeoutMs) : undefined;
  if (!several && !pooled) return AddressedClient;
  return class extends AddressedClient {
    override connect(): Promise<pg.Client>;
    override connect(callback: Callback): void;
    override connect(callback?: Callback): Promise<pg.Client> | undefined {
      const connecting = this.#connectToWritable();
      if (!callback) return connecting;
      void this.#tell(connecting, callback);
      return undefined;
    }

    async #tell(connecting: Promise<unknown>, callback: Callback): Promise<void> {
      try {
        await connecting;
      } catch (error) {
        return callback(error as Error);
      }
      callback(null, this);
    }

    async #connectToWritable(): Promise<pg.Client> {
      if (!several) return await super.connect();
      const server = await several.find();
      const { host, port } = server;
      Object.assign(this, { host, port });
      // Whatever ended the connection, the next one looks again which server takes writes.
      this.once('end', () => several.doubt(server));
      try {
        return await super.connect();
      } catch (error) {
        several.doubt(server);
        throw error;
      }
    }

    // The driver has many signatures; this passes on whatever it is called with.
    override query(config: unknown, ...rest: unknown[]): never {
      const query = super.query as (...args: unknown[]) => never;
      return query.call(this, pooled ? withoutName(config) : config, ...rest);
    }
  } as unknown as typeof pg.Client;
}

function withoutName(config: unknown): unknown {
  const isNamed = typeof config === 'object' && config !== null && 'name' in config && !('submit' in config);
  return isNamed ? { ...config, name: undefined } : config;
}

/** Remembers which of several servers takes writes, and asks all of them at once when that is not known. */
class WritableHost {
  readonly #servers: readonly DatabaseHost[];
  readonly #timeoutMs: number;
  #found: Promise<DatabaseHost> | undefined;

  constructor(servers: readonly DatabaseHost[], timeoutMs: number) {
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
  }

  find(): Promise<DatabaseHost> {
    if (this.#found) return this.#found;
    const looking = this.#look();
    this.#found = looking;
    looking.catch(() => (this.#found = undefined));
    return looking;
  }

  doubt(server: DatabaseHost): void {
    void this.#found?.then(
      (found) => {
        if (found === server) this.#found = undefined;
      },
      () => {},
    );
  }

  async #look(): Promise<DatabaseHost> {
    try {
      return await Promise.any(this.#servers.map((server) => this.#requireWritable(server)));
    } catch (error) {
      // The first server's reason: a wrong password is not waited for, a server that is away is.
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  async #requireWritable(server: DatabaseHost): Promise<DatabaseHost> {
    const client = new AddressedClient({ connectionString: server.url, connectionTimeoutMillis: this.#timeoutMs });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
      if (!rows[0]?.standby) return server;
      throw Object.assign(new Error(`${server.host}:${server.port} is a standby`), { code: '57P03' });
    } finally {
      client.end().catch(() => {});
    }
  }
}
