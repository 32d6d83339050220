import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * What a user would take in the product's place. No dependency of the project: whoever measures against them gets them
 * from the registry, in these versions, into a cache.
 */
export const peers = {
  dbos: { name: 'DBOS 5.3', packages: { '@dbos-inc/dbos-sdk': '5.3.0' } },
  restate: {
    name: 'Restate 1.7',
    packages: {
      '@restatedev/restate-sdk': '1.17.2',
      '@restatedev/restate-sdk-clients': '1.17.2',
      '@restatedev/restate-server': '1.7.12',
    },
  },
} as const;
export type Peer = keyof typeof peers;

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/missions-bench/peers', import.meta.url));
const INSTALLED_WITHIN_MS = 240_000;

/**
 * The folder in which npm has installed a peer, once per clone and version. It comes into the cache all at once: an
 * install that was cut short leaves nothing that looks like one.
 *
 * @throws Error without npm or the registry.
 */
export async function installed(peer: Peer): Promise<string> {
  const { packages } = peers[peer];
  const folder = join(CACHE, folderOf(peer, packages));
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-installing-`);
  try {
    const manifest = { name: `bench-${peer}`, private: true, dependencies: packages };
    writeFileSync(join(unfinished, 'package.json'), JSON.stringify(manifest));
    await npmInstall(unfinished);
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** Another version has another folder. */
export const folderOf = (peer: string, packages: Readonly<Record<string, string>>): string =>
  [peer, ...Object.values(packages)].join('-');

/** Without scripts of the packages, one of which reports every install to its maker. */
async function npmInstall(folder: string): Promise<void> {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000'];
  const args = ['install', '--include=optional', '--loglevel=error', ...flags, ...patience];
  try {
    await promisify(execFile)('npm', args, { cwd: folder, timeout: INSTALLED_WITHIN_MS });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const lines = stderr.split('\n').flatMap((line) => line.replace(/^npm error */, '').trim() || []);
    const why = lines.slice(0, 3).join('; ') || String(error);
    throw new Error(`npm could not install it: ${why}. It needs the registry: npm config get registry`, {
      cause: error,
    });
  }
}

/** The server's program is a package of its own for each platform. */
export function restateServerIn(folder: string): string {
  const platform = `${process.platform}-${process.arch}`;
  const binary = join(folder, `node_modules/@restatedev/restate-server-${platform}/bin/restate-server`);
  if (!existsSync(binary)) throw new Error(`Restate has no server for ${platform}: ${binary} is missing`);
  return binary;
}
