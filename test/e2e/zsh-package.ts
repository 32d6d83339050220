import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/missions-zsh', import.meta.url));

/**
 * The zsh of this machine, or else that of Debian's package, which is downloaded once and unpacked into `folder`
 * without being installed. @returns undefined without either; `why` gets the reason
 */
export function findZsh(folder: string, why: (reason: string) => void): string | undefined {
  const installed = ['/bin/zsh', '/usr/bin/zsh'].find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  try {
    execFileSync('dpkg', ['-x', packageFile(), folder], { stdio: 'pipe' });
    const unpacked = join(folder, 'bin/zsh');
    execFileSync(unpacked, ['-f', '-c', 'exit 0'], { stdio: 'pipe' });
    return unpacked;
  } catch (error) {
    why((error as Error).message);
    return undefined;
  }
}

function packageFile(): string {
  const cached = (): string | undefined =>
    existsSync(CACHE) ? readdirSync(CACHE).find((name) => /^zsh_.*\.deb$/.test(name)) : undefined;
  if (cached() === undefined) download();
  return join(CACHE, cached() ?? '');
}

function download(): void {
  mkdirSync(CACHE, { recursive: true });
  const downloads = mkdtempSync(join(CACHE, 'download-'));
  const get = () =>
    execFileSync('apt-get', ['download', '-qq', 'zsh'], { cwd: downloads, stdio: 'pipe', timeout: 120_000 });
  try {
    try {
      get();
    } catch {
      // The package lists are outdated: they name versions that the mirror has no more.
      execFileSync('apt-get', ['update', '-qq'], { stdio: 'pipe', timeout: 120_000 });
      get();
    }
    for (const name of readdirSync(downloads)) renameSync(join(downloads, name), join(CACHE, name));
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}
