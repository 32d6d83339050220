import { connect } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findNats, isRecent } from './nats-binary.ts';
import { freePort } from './ports.ts';
import { logTail, supervise, type Exit, type Supervised } from '../process/supervised.ts';
import { waitFor } from '../process/wait-for.ts';

export interface NatsOptions {
  /** JetStream's store; made when missing. Its configuration, log and pid file lie beside it, under the same name. */
  dataDir: string;
  port?: number;
  /** Text of a server configuration that replaces our own; loopback address, port and store are set over it. */
  config?: string;
  /** Laid over the environment, for `$VARIABLES` in the configuration. */
  env?: NodeJS.ProcessEnv;
  /** `false` leaves syncing to the system. For tests that do not crash the machine. */
  durable?: boolean;
  /** Where npm's binary is copied to; beside the store by default. */
  binaryFolder?: string;
  /** Beside the store by default. */
  logFile?: string;
}

export interface Nats {
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  /** Without credentials. */
  readonly url: string;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Starts a JetStream server on loopback. @throws Error with the log's end. */
export async function startNats(options: NatsOptions): Promise<Nats> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const binary = findNats(options.binaryFolder ?? join(dirname(dataDir), 'bin'));
  const port = options.port ?? (await freePort());
  const configFile = `${dataDir}.conf`;
  const logFile = options.logFile ?? `${dataDir}.log`;
  writeFileSync(configFile, configText(options, isRecent(binary)), { mode: 0o600 });
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
    // TERM would enter lame-duck mode in some versions' defaults; INT always leaves at once, with its store synced.
    signals: ['INT', 'TERM', 'KILL'],
    secondsPerSignal: 2,
  });
  await ready(server, port, logFile);
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

/** What is acknowledged is on the disk, where the server knows the setting: an older one refuses the whole file over it. */
function configText({ config, durable }: NatsOptions, recent: boolean): string {
  const text = config ?? (durable === false ? 'jetstream {}\n' : 'jetstream {\n  sync_interval: always\n}\n');
  return recent ? text : text.replaceAll(/^\s*sync_interval:.*$/gm, '');
}

/** A NATS server greets every connection with INFO. */
async function ready(server: Supervised, port: number, logFile: string): Promise<void> {
  const said = (what: string): string => `nats-server ${what}. The end of ${logFile}:\n${logTail(logFile)}`;
  await waitFor(
    async () => {
      if (!server.running) throw new Error(said('ended while starting'));
      return (await greets(port)) ? true : undefined;
    },
    { withinMs: 30_000, otherwise: () => said('was not ready within 30 s') },
  );
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    const answer = (greeted: boolean): void => {
      socket.destroy();
      resolve(greeted);
    };
    socket.once('data', (data) => answer(data.toString('latin1').startsWith('INFO ')));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
    socket.once('close', () => answer(false));
  });
}
