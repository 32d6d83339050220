import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Exact versions by name. */
export type Packages = Readonly<Record<string, string>>;

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/missions-packages', import.meta.url));
const INSTALLED_WITHIN_MS = 240_000;

/** Another version has another folder. */
const folderOf = (name: string, packages: Packages): string =>
  join(CACHE, [name, ...Object.values(packages)].join('-'));

/** Whether `installedPackages` needs no registry. */
export const hasPackages = (name: string, packages: Packages): boolean => existsSync(folderOf(name, packages));

/**
 * The folder in which npm has installed packages that are no dependency of the project, once per clone and version. It
 * comes into the cache all at once: an install that was cut short leaves nothing that looks like one.
 *
 * @throws Error without npm or the registry.
 */
export async function installedPackages(name: string, packages: Packages): Promise<string> {
  const folder = folderOf(name, packages);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-installing-`);
  try {
    const manifest = { name: `with-${name}`, private: true, dependencies: packages };
    writeFileSync(join(unfinished, 'package.json'), JSON.stringify(manifest));
    await npmInstall(unfinished);
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

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
