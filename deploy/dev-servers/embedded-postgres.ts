import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureCluster } from './postgres-cluster.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { runAs, type RunAs } from './postgres-owner.ts';
import { identify } from '../process/process-identity.ts';
import { freePort } from './ports.ts';
import { logTail, supervise, type Exit, type Supervised } from '../process/supervised.ts';
import { waitFor } from '../process/wait-for.ts';

export interface PostgresOptions {
  /** Its cluster; made when missing. Its log, pid file and library links lie beside it, under the same name. */
  dataDir: string;
  /** Of the superuser `postgres`; fixed when the cluster is made. */
  password: string;
  port?: number;
  /** `false` gives up crash safety for speed. For tests that do not crash it. */
  durable?: boolean;
  /** Beside the cluster by default. */
  logFile?: string;
}

export interface Postgres {
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  /** The superuser's. */
  readonly adminUrl: string;
  /** Ends every session and writes a checkpoint (a "fast" shutdown). */
  stop(): Promise<void>;
  /** SIGKILL to the postmaster; its children leave by themselves. */
  kill(): Promise<void>;
}

/** Loopback TCP only: a socket file would tie us to its 107-character path limit. @throws Error with the log's end. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const binaries = findPostgres(`${dataDir}.lib`);
  const as = runAs(dataDir);
  await ensureCluster(options, binaries, as);
  const port = options.port ?? (await freePort());
  const logFile = options.logFile ?? `${dataDir}.log`;
  const server = await attempt(() => launch(options, { port, logFile, binaries, as }));
  return {
    port,
    pid: server.pid,
    logFile,
    exited: server.exited,
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
  dropStalePid(dataDir);
  const [command, ...args] = [...as.prefix, binaries.postgres, ...flags(options, port)] as [string, ...string[]];
  const server = await supervise({
    name: 'postgres',
    command,
    args,
    env: { ...process.env, ...binaries.env, LC_ALL: 'C' },
    cwd: dirname(dataDir),
    pidFile: `${dataDir}.pid`,
    logFile,
    // INT ends sessions and checkpoints; QUIT leaves recovery to the next start.
    signals: ['INT', 'QUIT', 'KILL'],
    secondsPerSignal: 2,
    ...(as.owner ? { owner: as.owner } : {}),
  });
  await ready(server, dataDir, logFile);
  return server;
}

/**
 * The children of a killed postmaster leave a moment after it, and until then its shared memory is in use and a new one
 * refuses to start. Nothing tells when, so it is tried again for a few seconds.
 */
async function attempt(start: () => Promise<Supervised>): Promise<Supervised> {
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
    { withinMs: 8_000, everyMs: 200, otherwise: () => String(failure) },
  );
}

/**
 * After a crash the postmaster's pid may have been given to any other process, and a new postmaster would take that
 * for the old one. It removes a stale file by itself in all other cases.
 */
function dropStalePid(dataDir: string): void {
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
    // Its helpers for reading ahead cost a small machine more than they save: what is read is mostly in the system's cache.
    io_method: 'sync',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    ...(options.durable === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  return ['-D', options.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** The last line of postmaster.pid is the server's own word on its state; pg_ctl reads it too. */
async function ready(server: Supervised, dataDir: string, logFile: string): Promise<void> {
  const said = (what: string): string => `PostgreSQL ${what}. The end of ${logFile}:\n${logTail(logFile)}`;
  await waitFor(
    () => {
      if (!server.running) throw new Error(said('ended while starting'));
      const lines = postmasterLines(dataDir);
      return lines[0] === String(server.pid) && lines[7]?.trim() === 'ready' ? true : undefined;
    },
    // Long, because recovery after a crash may have much to replay.
    { withinMs: 60_000, otherwise: () => said('was not ready within 60 s') },
  );
}

function postmasterLines(dataDir: string): string[] {
  try {
    return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}
