import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { debianPackages, unpackPackages } from './debian-packages.ts';
import { waitUntil } from './wait-until.ts';

export interface PgBouncer {
  /** The URL of a database with this pooler in the place of the server. */
  pooled(url: string): string;
  stop(): Promise<void>;
}

/**
 * PgBouncer in transaction mode before a server of PostgreSQL: the machine's own, or else Debian's package, which is
 * downloaded once and not installed. The passwords of roles are their names.
 * @throws Error where there is neither.
 */
export async function startPgBouncer(serverUrl: string, roles: readonly string[]): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-pgbouncer-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const program = programIn(folder);
    const [port, server] = [await freePort(), new URL(serverUrl)];
    const users = join(folder, 'users.txt');
    writeFileSync(users, roles.map((role) => `"${role}" "${role}"\n`).join(''));
    const config = join(folder, 'pgbouncer.ini');
    writeFileSync(config, iniOf({ server, port, users }));
    chmodSync(folder, 0o755);
    // It refuses to run as root.
    const isRoot = process.getuid?.() === 0;
    const child = spawn(program, isRoot ? ['--user=nobody', config] : [config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LD_LIBRARY_PATH: librariesIn(folder).join(':') },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
    const ended = once(child, 'exit');
    await waitUntil(async () => (child.exitCode === null ? isListening(port) : Promise.reject(new Error(said))), {
      what: 'PgBouncer',
    });
    return {
      pooled(url) {
        const pooled = new URL(url);
        pooled.port = String(port);
        return pooled.href;
      },
      async stop() {
        child.kill('SIGINT');
        await ended;
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function programIn(folder: string): string {
  const installed = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  unpackPackages(debianPackages('pgbouncer-whole', ['pgbouncer'], { withDependencies: true }), folder);
  return join(folder, 'usr/sbin/pgbouncer');
}

/** Those of the packages, for what this machine lacks. */
const librariesIn = (folder: string): string[] => {
  const all = join(folder, 'usr/lib');
  return existsSync(all)
    ? readdirSync(all)
        .filter((name) => name.endsWith('-linux-gnu'))
        .map((name) => join(all, name))
    : [];
};

/** Few connections to the server, so that those of one client are soon those of another. */
const iniOf = ({ server, port, users }: { server: URL; port: number; users: string }): string => `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
logfile =
`;

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
