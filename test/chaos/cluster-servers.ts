import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Nats, startNats } from '@missions/deploy/dev-servers/embedded-nats.ts';
import { startPostgres } from '@missions/deploy/dev-servers/embedded-postgres.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { selfSigned } from '@missions/email-bridge/testing/certificate.ts';
import { connectAdmin, PROVISIONER } from '@missions/messaging/admin/admin-connection.ts';
import { openConnection } from '@missions/messaging/connect.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { deployedNats, OBSERVER, PASSWORD } from '@missions/test-support/deployed-servers.ts';
import { copyPristineCluster } from '@missions/test-support/pristine-cluster.ts';
import { createDatabase, type TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

/** One of the NATS servers. */
export interface ClusterServer {
  readonly name: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** With the same data; resolves when it has caught up with the others. */
  start(): Promise<void>;
}

/** PostgreSQL, and three NATS servers of the deployed configuration that are one cluster, with TLS. */
export interface ClusterServers {
  readonly database: TestDatabase;
  readonly nats: readonly ClusterServer[];
  /** For NATS_CA_FILE. */
  readonly caFile: string;
  /** Value for NATS_URL: all three. */
  urlFor(user: string): string;
  /** The same for programs of a test. */
  natsUrlFor(user: string): { servers: string; files: { ca: string } };
  /** The server that orders the stream of missions now. */
  leader(): Promise<ClusterServer>;
  stop(): Promise<void>;
}

const COPIES = 3;
/** The servers are reached by the name in their certificate. */
const HOST = 'localhost';

export async function startClusterServers(): Promise<ClusterServers> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-cluster-'));
  const { cert, key } = selfSigned(HOST);
  const [caFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(caFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  const [ports, routes, monitors] = [await freePorts(), await freePorts(), await freePorts()];
  const { config, env } = deployedNats();
  const tls = `cert_file: "${caFile}", key_file: "${keyFile}"`;
  const peers = routes.map((port) => `"nats-route://${HOST}:${port}"`).join(', ');
  const running: (Nats | undefined)[] = [];
  const start = async (at: number): Promise<void> => {
    const own = `
      http: "127.0.0.1:${monitors[at]}"
      tls { ${tls} }
      cluster { name: missions, listen: "127.0.0.1:${routes[at]}", routes: [${peers}], tls { ${tls}, ca_file: "${caFile}" } }`;
    running[at] = await startNats({
      dataDir: join(folder, nameOf(at)),
      port: ports[at] as number,
      config: config.replace('server_name: missions', `server_name: ${nameOf(at)}`) + own,
      env,
      durable: false,
    });
  };
  // It answers 200 when every stream and consumer of this server is as new as its leader's.
  const isCurrent = async (at: number): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${monitors[at]}/healthz`)).status === 200;
  const becomeCurrent = async (): Promise<void> => {
    for (const at of monitors.keys())
      await waitUntil(() => isCurrent(at), { withinMs: 60_000, what: `${nameOf(at)} is current` });
  };
  const urlFor = (user: string): string =>
    ports.map((port, at) => `tls://${at === 0 ? `${user}:${PASSWORD}@` : ''}${HOST}:${port}`).join(',');
  const natsUrlFor = (user: string) => ({ servers: urlFor(user), files: { ca: caFile } });
  const nats = monitors.map((_, at): ClusterServer => ({
    name: nameOf(at),
    kill: async () => {
      await running[at]?.kill();
    },
    stop: async () => {
      await running[at]?.stop();
    },
    start: async () => {
      await start(at);
      await becomeCurrent();
    },
  }));
  const stops: (() => Promise<void>)[] = [
    async () => rmSync(folder, { recursive: true, force: true }),
    async () => {
      for (const one of running) await one?.stop();
    },
  ];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    await Promise.all(monitors.map((_, at) => start(at)));
    await becomeCurrent();
    const dataDir = join(folder, 'postgres');
    await copyPristineCluster(dataDir, PASSWORD);
    const postgres = await startPostgres({ dataDir, password: PASSWORD, durable: false });
    stops.push(() => postgres.stop());
    const admin = await connectAdmin(natsUrlFor(PROVISIONER));
    try {
      await admin.provision({ replicas: COPIES });
    } finally {
      await admin.close();
    }
    await becomeCurrent();
    const database = await createDatabase(postgres.adminUrl);
    const leader = async (): Promise<ClusterServer> => {
      const name = await leaderOf(natsUrlFor(OBSERVER));
      return nats.find((one) => one.name === name) ?? Promise.reject(new Error(`no server is called ${name}`));
    };
    return { database, nats, caFile, urlFor, natsUrlFor, leader, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const nameOf = (at: number): string => `nats-${at + 1}`;

const freePorts = async (): Promise<number[]> => {
  const ports: number[] = [];
  for (let at = 0; at < COPIES; at++) ports.push(await freePort());
  return ports;
};

async function leaderOf(address: { servers: string; files: { ca: string } }): Promise<string> {
  const logger = createLogger({ service: OBSERVER, level: 'silent' });
  const { nc } = await openConnection({ ...address, name: OBSERVER, logger });
  try {
    const manager = await nc.jetstreamManager({ checkAPI: false });
    const look = async (): Promise<string | undefined> => (await manager.streams.info('MISSION')).cluster?.leader;
    return await waitUntil(look, { what: 'a leader of the stream of missions' });
  } finally {
    await nc.close();
  }
}
