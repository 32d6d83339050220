import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackages, unpackPackages } from '@missions/test-support/debian-packages.ts';

export interface DovecotPrograms {
  readonly dovecot: string;
  readonly doveconf: string;
  /** The folder that Debian installs as `/usr/lib/dovecot`. */
  readonly libraries: string;
}

const PACKAGES = ['dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd', 'dovecot-submissiond'];
/** The folder in which Debian's programs look for their libraries and modules. */
const INSTALLED_AT = '/usr/lib/dovecot';

let unpacked: DovecotPrograms | undefined;

/**
 * Unpacks Dovecot from Debian's packages without installing it: the packages are downloaded once, and unpacked once per
 * process into a folder that is removed when the process ends. The programs contain the path of their libraries, which
 * is replaced by a path of the same length.
 *
 * @throws Error without apt, dpkg or the network.
 */
export function unpackDovecot(): DovecotPrograms {
  if (unpacked) return unpacked;
  const folder = mkdtempSync('/tmp/dvct-');
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  if (folder.length !== INSTALLED_AT.length)
    throw new Error(`the temporary folder ${folder} must be as long as ${INSTALLED_AT}`);
  const root = join(folder, 'root');
  unpackPackages(debianPackages('dovecot', PACKAGES), root);
  const libraries = join(root, INSTALLED_AT);
  for (const name of readdirSync(libraries)) renameSync(join(libraries, name), join(folder, name));
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (file.isFile()) relocate(join(file.parentPath, file.name), folder);
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  unpacked = { dovecot: join(root, 'usr/sbin/dovecot'), doveconf: join(root, 'usr/bin/doveconf'), libraries: folder };
  return unpacked;
}

function relocate(file: string, folder: string): void {
  const text = readFileSync(file, 'latin1');
  if (!text.includes(INSTALLED_AT)) return;
  const { mode } = statSync(file);
  writeFileSync(file, text.replaceAll(INSTALLED_AT, folder), { encoding: 'latin1', mode });
}
