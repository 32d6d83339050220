import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackages, unpackPackages } from '@missions/test-support/debian-packages.ts';

/**
 * The zsh of this machine, or else that of Debian's package, which is downloaded once and unpacked into `folder`
 * without being installed. @returns undefined without either; `why` gets the reason
 */
export function findZsh(folder: string, why: (reason: string) => void): string | undefined {
  const installed = ['/bin/zsh', '/usr/bin/zsh'].find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  try {
    unpackPackages(debianPackages('zsh', ['zsh']), folder);
    const unpacked = join(folder, 'bin/zsh');
    execFileSync(unpacked, ['-f', '-c', 'exit 0'], { stdio: 'pipe' });
    return unpacked;
  } catch (error) {
    why((error as Error).message);
    return undefined;
  }
}
