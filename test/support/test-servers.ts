import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type Nats, type NatsOptions } from '@missions/deploy/dev-servers/embedded-nats.ts';
import { startPostgres, type Postgres } from '@missions/deploy/dev-servers/embedded-postgres.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { copyPristineCluster } from './pristine-cluster.ts';
import { createDatabase, type TestDatabase } from './test-database.ts';

export interface StartOptions {
  /** `true` where the test crashes PostgreSQL or NATS and counts what is left; slower. */
  durable?: boolean;
  /** A server configuration in the place of an open server, and the variables it names. */
  nats?: Pick<NatsOptions, 'config' | 'env'>;
  /** `user:password` that makes the streams and consumers, where the server has logins. */
  provisionAs?: string;
  /** Folders on disks of their own for what a server stores; its log and settings stay on the common one. */
  disks?: { readonly postgres?: string | undefined; readonly nats?: string | undefined };
}

/**
 * PostgreSQL and NATS in a folder of their own, on free loopback ports. They end with the process that started them.
 */
export interface TestServers {
  /** URL of the database `postgres` for the superuser. */
  readonly adminUrl: string;
  readonly natsUrl: string;
  /** Where NATS stores its streams. */
  readonly natsFolder: string;
  /** Whether PostgreSQL runs: it ends by itself where its disk is full. */
  postgresRuns(): boolean;
  /** An empty database with a role and schema for each service. */
  freshDatabase(options?: { services?: readonly string[] }): Promise<TestDatabase>;
  /** Stops PostgreSQL in good order and starts it on the same port. */
  restartPostgres(): Promise<void>;
  /** Sends SIGKILL; resolves when the server has ended. */
  killPostgres(): Promise<void>;
  /** Starts PostgreSQL after a kill or a stop, on the same port, with the same data. */
  startPostgres(): Promise<void>;
  restartNats(): Promise<void>;
  killNats(): Promise<void>;
  startNats(): Promise<void>;
  /** Process id of NATS, for SIGSTOP and SIGCONT. */
  natsPid(): number;
  stop(): Promise<void>;
}

const PASSWORD = 'test';

export async function startServers({
  durable = false,
  nats: natsExtras = {},
  provisionAs,
  disks = {},
}: StartOptions = {}): Promise<TestServers> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-test-'));
  const postgresFolder = join(disks.postgres ?? folder, 'postgres');
  const natsFolder = join(disks.nats ?? folder, 'nats');
  const bringPostgres = (port?: number): Promise<Postgres> =>
    startPostgres({
      dataDir: postgresFolder,
      logFile: join(folder, 'postgres.log'),
      password: PASSWORD,
      durable,
      ...(port === undefined ? {} : { port }),
    });
  const bringNats = (port?: number): Promise<Nats> =>
    startNats({
      dataDir: natsFolder,
      logFile: join(folder, 'nats.log'),
      durable,
      ...natsExtras,
      ...(port === undefined ? {} : { port }),
    });
  const firstPostgres = async (): Promise<Postgres> => {
    await copyPristineCluster(postgresFolder, PASSWORD);
    return bringPostgres();
  };
  let [postgres, nats] = await Promise.all([firstPostgres(), bringNats()]);
  const { adminUrl } = postgres;
  await provision(provisionAs === undefined ? nats.url : nats.url.replace('://', `://${provisionAs}@`));

  return {
    adminUrl,
    natsUrl: nats.url,
    natsFolder,
    postgresRuns: () => postgres.running,
    freshDatabase: (options) => createDatabase(adminUrl, options?.services),
    restartPostgres: async () => {
      await postgres.stop();
      postgres = await bringPostgres(postgres.port);
    },
    killPostgres: () => postgres.kill(),
    startPostgres: async () => void (postgres = await bringPostgres(postgres.port)),
    restartNats: async () => {
      await nats.stop();
      nats = await bringNats(nats.port);
    },
    killNats: () => nats.kill(),
    startNats: async () => void (nats = await bringNats(nats.port)),
    natsPid: () => nats.pid,
    stop: async () => {
      await Promise.all([postgres.stop(), nats.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As a deployment does before its services start: the services' own logins may make no stream and no consumer. */
export async function provision(natsUrl: string): Promise<void> {
  const admin = await connectAdmin(natsUrl);
  try {
    await admin.provision();
  } finally {
    await admin.close();
  }
}
