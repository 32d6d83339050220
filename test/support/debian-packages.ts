import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHES = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
const DOWNLOAD_WITHIN_MS = 240_000;

export interface DebianPackagesOptions {
  /** Also what the packages need and this machine does not have. */
  readonly withDependencies?: boolean;
  /** A release of Debian other than this machine's: its lists are read beside those of the machine. */
  readonly release?: string;
}

/**
 * The files of Debian's packages, downloaded once per clone and not installed. Another process may ask at the same
 * time: the files come into the cache all at once, and those of the first are taken.
 *
 * @param program names the cache
 * @throws Error without apt or the network.
 */
export function debianPackages(
  program: string,
  names: readonly string[],
  { withDependencies = false, release }: DebianPackagesOptions = {},
): string[] {
  const cache = join(CACHES, `missions-${program}`);
  if (packageFiles(cache).length < names.length) {
    mkdirSync(CACHES, { recursive: true });
    const downloads = mkdtempSync(join(CACHES, `missions-${program}-download-`));
    try {
      const lists = release === undefined ? [] : listsOf(release, downloads);
      const download = (): void => {
        const wanted = withDependencies ? [...new Set([...names, ...missingFor(names)])] : names;
        aptGet([...lists, 'download', '-qq', ...wanted], downloads);
      };
      try {
        download();
      } catch {
        // The package lists are outdated, or not there yet: they name versions that the mirror has no more.
        aptGet([...lists, 'update', '-qq'], downloads);
        download();
      }
      // Only the packages are kept.
      for (const name of readdirSync(downloads).filter((entry) => !entry.endsWith('.deb')))
        rmSync(join(downloads, name), { recursive: true });
      takeOver(downloads, cache, names.length);
    } finally {
      rmSync(downloads, { recursive: true, force: true });
    }
  }
  return packageFiles(cache);
}

/** Unpacks packages into a folder, as they would be unpacked into `/`. */
export function unpackPackages(files: readonly string[], folder: string): void {
  for (const file of files) execFileSync('dpkg', ['-x', file, folder], { stdio: 'pipe' });
}

const packageFiles = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.deb'))
        .map((name) => join(folder, name))
    : [];

function takeOver(downloads: string, cache: string, atLeast: number): void {
  try {
    renameSync(downloads, cache);
  } catch (error) {
    // There is a folder: of another process that was first, or of a download that was cut short.
    if (packageFiles(cache).length >= atLeast) return;
    if (!existsSync(cache)) throw error;
    rmSync(cache, { recursive: true, force: true });
    renameSync(downloads, cache);
  }
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Options of apt for lists of another release, from the mirror that this machine uses, in a folder of their own. */
function listsOf(release: string, folder: string): string[] {
  const mirror = aptGet(['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Origin: Debian'])
    .split('\n')
    .find((uri) => uri !== '' && !uri.includes('security'));
  if (mirror === undefined) throw new Error('this machine has no mirror of Debian');
  const [state, list] = [join(folder, 'lists'), join(folder, 'release.list')];
  mkdirSync(join(state, 'partial'), { recursive: true });
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${mirror} ${release} main\n`);
  const options = { 'State::lists': state, 'Etc::sourcelist': list, 'Etc::sourceparts': '/dev/null', Cache: folder };
  const own = Object.entries(options).flatMap(([name, value]) => ['-o', `Dir::${name}=${value}`]);
  return [...own, '-o', 'APT::Sandbox::User='];
}

/** What apt would install. It is only asked, so it needs no rights. */
function missingFor(names: readonly string[]): string[] {
  const plan = aptGet(['install', '-s', '-qq', '--no-install-recommends', ...names]);
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
}

function aptGet(args: readonly string[], cwd?: string): string {
  return execFileSync('apt-get', args, {
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: DOWNLOAD_WITHIN_MS,
    ...(cwd !== undefined && { cwd }),
  });
}
