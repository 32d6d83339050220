import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identify } from '../process/process-identity.ts';
import { supervise, type Exit, type Supervised } from '../process/supervised.ts';
import { waitFor } from '../process/wait-for.ts';
import { freePort } from './ports.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { ensureCluster, runAs, type RunAs } from './postgres-cluster.ts';

export interface PostgresOptions {
  /** The cluster; created if missing. The log, pid file and library links lie beside it, under the same name. */
  dataDir: string;
  /** Password of the superuser `postgres`; fixed when the cluster is created. */
  password: string;
  port?: number;
  /** `false` gives up crash safety for speed. For tests that do not crash the server. */
  durable?: boolean;
  /** `<dataDir>.log` by default. */
  logFile?: string;
}

export interface Postgres {
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  /** URL with the superuser's credentials. */
  readonly adminUrl: string;
  /** A "fast" shutdown, which ends every session and writes a checkpoint. */
  stop(): Promise<void>;
  /** SIGKILL to the postmaster; its children end by themselves. */
  kill(): Promise<void>;
}

/**
 * Starts a server that listens on loopback TCP only: the path of a socket file may have 107 characters at most.
 * @throws Error with the end of the log if the server does not become ready.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const binaries = findPostgres(`${dataDir}.lib`);
  const as = runAs(dataDir);
  await ensureCluster(options, binaries, as);
  const port = options.port ?? (await freePort());
  const logFile = options.logFile ?? `${dataDir}.log`;
  const server = await retryWhileInUse(() => launch(options, { port, logFile, binaries, as }));
  return {
    port,
    pid: server.pid,
    logFile,
    exited: server.exited,
    get running() {
      return server.running;
    },
    adminUrl: `postgres://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${port}/postgres`,
    stop: async () => void (await server.stop()),
    kill: async () => void (await server.kill()),
  };
}

interface Launch {
  port: number;
  logFile: string;
  binaries: PostgresBinaries;
  as: RunAs;
}

async function launch(options: PostgresOptions, { port, logFile, binaries, as }: Launch): Promise<Supervised> {
  const { dataDir } = options;
  removeStalePidFile(dataDir);
  const [command, ...args] = [...as.prefix, binaries.postgres, ...flags(options, port)] as [string, ...string[]];
  const server = await supervise({
    name: 'postgres',
    command,
    args,
    env: { ...process.env, ...binaries.env, LC_ALL: 'C' },
    cwd: dirname(dataDir),
    pidFile: `${dataDir}.pid`,
    logFile,
    // INT ends the sessions and writes a checkpoint; after QUIT, the next start recovers.
    signals: ['INT', 'QUIT', 'KILL'],
    secondsPerSignal: 2,
    ...(as.owner ? { owner: as.owner } : {}),
  });
  await becomesReady(server, dataDir, logFile);
  return server;
}

/**
 * The children of a killed postmaster end a moment after it. Until then they use its shared memory, and a new
 * postmaster refuses to start. No event reports their end, so the start is repeated for a few seconds.
 */
async function retryWhileInUse(start: () => Promise<Supervised>): Promise<Supervised> {
  let failure: unknown;
  return await waitFor(
    async () => {
      try {
        return await start();
      } catch (error) {
        if (!String(error).includes('still in use')) throw error;
        failure = error;
        return undefined;
      }
    },
    { withinMs: 8_000, everyMs: 200, timeoutMessage: () => String(failure) },
  );
}

/**
 * After a crash, the system may give the postmaster's pid to any other process, and a new postmaster would take that
 * process for the old postmaster. In all other cases, a new postmaster removes the stale file itself.
 */
function removeStalePidFile(dataDir: string): void {
  const pid = Number(postmasterLines(dataDir)[0]);
  if (pid > 0 && !identify(pid)?.command.includes(dataDir)) rmSync(join(dataDir, 'postmaster.pid'), { force: true });
}

function flags(options: PostgresOptions, port: number): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    // The worker processes of the default `worker` cost a small machine more than they save: most pages that are read
    // are in the system's cache.
    io_method: 'sync',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    ...(options.durable === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  return ['-D', options.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** The eighth line of postmaster.pid is the server's state; pg_ctl reads it too. */
async function becomesReady(server: Supervised, dataDir: string, logFile: string): Promise<void> {
  const message = (problem: string): string => `PostgreSQL ${problem}. The end of ${logFile}:\n${server.endOfLog()}`;
  await waitFor(
    () => {
      if (!server.running) throw new Error(message('ended while starting'));
      const lines = postmasterLines(dataDir);
      return lines[0] === String(server.pid) && lines[7]?.trim() === 'ready' ? true : undefined;
    },
    // Recovery after a crash may have much to replay.
    { withinMs: 60_000, timeoutMessage: () => message('was not ready within 60 s') },
  );
}

function postmasterLines(dataDir: string): string[] {
  try {
    return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}
