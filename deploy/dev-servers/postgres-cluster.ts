import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { RunAs } from './postgres-owner.ts';

export interface ClusterOptions {
  /** There already, and empty unless the cluster is in it. */
  dataDir: string;
  password: string;
  durable?: boolean;
}

/**
 * Makes the cluster where there is none: in a folder beside it, then renamed, so that an initdb cut short leaves nothing that looks like a cluster.
 * C.UTF-8 of the built-in provider sorts alike on every machine.
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
    // Refuses a folder with something in it: whatever that is, it is not ours to remove.
    rmdirSync(dataDir);
    renameSync(unfinished, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
