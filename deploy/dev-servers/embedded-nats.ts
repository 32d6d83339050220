import { connect } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { supervise, type Exit, type Supervised } from '../process/supervised.ts';
import { waitFor } from '../process/wait-for.ts';
import { findNats, isRecent } from './nats-binary.ts';
import { freePort } from './ports.ts';

const SUBSCRIBERS = 'subscribers';

export interface NatsOptions {
  /** JetStream's store; created if missing. The configuration, log and pid file lie beside it, under the same name. */
  dataDir: string;
  port?: number;
  /**
   * Text of a server configuration instead of the default one. Address, port and store are given on the command line.
   */
  config?: string;
  /** Added to the environment, for `$VARIABLES` in the configuration. */
  env?: NodeJS.ProcessEnv;
  /** `false` leaves the syncing of files to the operating system. For tests, which do not crash the machine. */
  durable?: boolean;
  /** What stands where the configuration includes `sync.conf`. Default: `default`. */
  sync?: Sync;
  /** `<dataDir>.log` by default. */
  logFile?: string;
}

export interface Nats {
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  /** Has no credentials. */
  readonly url: string;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Starts a JetStream server on loopback. @throws Error with the end of the log if the server does not become ready. */
export async function startNats(options: NatsOptions): Promise<Nats> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const binary = findNats();
  const port = options.port ?? (await freePort());
  const configFile = `${dataDir}.conf`;
  const logFile = options.logFile ?? `${dataDir}.log`;
  writeFileSync(configFile, configText(options, isRecent(binary)), { mode: 0o600 });
  // The configuration includes it: the logins of subscribers, if there are any.
  const subscribers = join(dirname(configFile), SUBSCRIBERS);
  mkdirSync(subscribers, { recursive: true, mode: 0o700 });
  writeFileSync(join(subscribers, `${SUBSCRIBERS}.conf`), '', { flag: 'a', mode: 0o600 });
  const server = await supervise({
    name: 'nats',
    command: binary.path,
    args: [
      '--config',
      configFile,
      '--addr',
      '127.0.0.1',
      '--port',
      String(port),
      '--jetstream',
      '--store_dir',
      dataDir,
    ],
    env: { ...process.env, ...options.env },
    cwd: dirname(dataDir),
    pidFile: `${dataDir}.pid`,
    logFile,
    // On TERM, the defaults of some versions enter lame-duck mode. INT always ends the server at once, its store
    // synced.
    signals: ['INT', 'TERM', 'KILL'],
    secondsPerSignal: 2,
  });
  await becomesReady(server, port, logFile);
  return {
    port,
    pid: server.pid,
    logFile,
    exited: server.exited,
    url: `nats://127.0.0.1:${port}`,
    stop: async () => void (await server.stop()),
    kill: async () => void (await server.kill()),
  };
}

/** NATS_SYNC: whether the server flushes each message to the disk before it acknowledges it. */
export const syncs = ['default', 'always'] as const;
export type Sync = (typeof syncs)[number];

const syncLine = (sync: Sync): string => `sync_interval: ${sync === 'always' ? 'always' : '2m'}`;

/** An older server does not know `sync_interval: always` and would refuse the whole file. */
function configText({ config, durable, sync = 'default' }: NatsOptions, recent: boolean): string {
  const text = config ?? (durable === false ? 'jetstream {}\n' : 'jetstream {\n  sync_interval: always\n}\n');
  const whole = text.replaceAll(/^\s*include sync\.conf$/gm, syncLine(durable === true ? 'always' : sync));
  return recent ? whole : whole.replaceAll(/^\s*sync_interval:.*$/gm, '');
}

/** A NATS server sends INFO on every new connection. */
async function becomesReady(server: Supervised, port: number, logFile: string): Promise<void> {
  const message = (problem: string): string => `nats-server ${problem}. The end of ${logFile}:\n${server.endOfLog()}`;
  await waitFor(
    async () => {
      if (!server.running) throw new Error(message('ended while starting'));
      return (await sendsInfo(port)) ? true : undefined;
    },
    { withinMs: 30_000, timeoutMessage: () => message('was not ready within 30 s') },
  );
}

function sendsInfo(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    const settle = (isNats: boolean): void => {
      socket.destroy();
      resolve(isNats);
    };
    socket.once('data', (data) => settle(data.toString('latin1').startsWith('INFO ')));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
