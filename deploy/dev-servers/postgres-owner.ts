import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync, statSync } from 'node:fs';

export interface RunAs {
  /** Put in front of the command. */
  prefix: readonly string[];
  owner?: { uid: number; gid: number };
}

/**
 * PostgreSQL refuses to run as root. When we are root, in this order:
 * - the data belongs to an ordinary user: run as that user;
 * - `unshare --user`: in a user namespace without a mapping, root looks like nobody to the server and is still root
 *   to the file system, so that this works under a 0700 home;
 * - hand the (still empty) folder to `postgres` or `nobody` and run as them, where namespaces are forbidden.
 */
export function runAs(dataDir: string): RunAs {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const { uid, gid } = statSync(dataDir);
  if (uid !== 0) return { prefix: [], owner: { uid, gid } };
  if (spawnSync('unshare', ['--user', 'true']).status === 0) return { prefix: ['unshare', '--user'] };
  const owner = account('postgres') ?? account('nobody');
  if (!owner) {
    throw new Error(
      'PostgreSQL does not run as root, and there is neither unshare nor a user postgres or nobody. Start as an ordinary user.',
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
