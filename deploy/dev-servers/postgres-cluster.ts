import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PostgresBinaries } from './postgres-binaries.ts';

export interface ClusterOptions {
  /** Exists already. Empty, unless it contains the cluster. */
  dataDir: string;
  password: string;
  durable?: boolean;
}

/** How a program of PostgreSQL is started, which refuses to run as root. */
export interface RunAs {
  /** Goes before the command. */
  prefix: readonly string[];
  owner?: { uid: number; gid: number };
}

/**
 * Creates the cluster if there is none: in a folder beside it, which is then renamed, so that an interrupted initdb
 * leaves nothing that looks like a cluster. C.UTF-8 of the built-in provider sorts alike on every machine.
 */
export async function ensureCluster(options: ClusterOptions, binaries: PostgresBinaries, as: RunAs): Promise<void> {
  const { dataDir } = options;
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  const unfinished = `${dataDir}.new`;
  const passwordFile = `${dataDir}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (as.owner) for (const path of [unfinished, passwordFile]) chownSync(path, as.owner.uid, as.owner.gid);
  try {
    const [command, ...args] = [
      ...as.prefix,
      binaries.initdb,
      ...['-D', unfinished, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8'],
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions'],
      ...(options.durable === false ? ['--no-sync'] : []),
    ] as [string, ...string[]];
    const initdb = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: dirname(dataDir),
      env: { ...process.env, ...binaries.env, LC_ALL: 'C' },
      ...(as.owner ?? {}),
    });
    const [out, err, [code]] = await Promise.all([text(initdb.stdout), text(initdb.stderr), once(initdb, 'exit')]);
    if (code !== 0) throw new Error(`initdb in ${dataDir} failed (${String(code)}):\n${err || out}`);
    // Fails if the folder is not empty: its content is somebody else's and is not deleted.
    rmdirSync(dataDir);
    renameSync(unfinished, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * PostgreSQL refuses to run as root. Root therefore starts it in the first of these ways that is possible:
 * - as the owner of the data folder, if the owner is an ordinary user;
 * - by `unshare --user`: in a user namespace without a mapping, root looks like nobody to the server and is still root
 *   to the file system, so the server can read a data folder below a home of mode 0700;
 * - where user namespaces are forbidden, as `postgres` or `nobody`, who becomes the owner of the (still empty) folder.
 * @throws Error if root has none of these ways.
 */
export function runAs(dataDir: string): RunAs {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const { uid, gid } = statSync(dataDir);
  if (uid !== 0) return { prefix: [], owner: { uid, gid } };
  if (spawnSync('unshare', ['--user', 'true']).status === 0) return { prefix: ['unshare', '--user'] };
  const owner = account('postgres') ?? account('nobody');
  if (!owner) {
    throw new Error(
      'PostgreSQL does not run as root, and there is neither unshare nor a user postgres or nobody. ' +
        'Start as an ordinary user.',
    );
  }
  chownSync(dataDir, owner.uid, owner.gid);
  return { prefix: [], owner };
}

function account(name: string): RunAs['owner'] {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
