import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Secrets {
  readonly file: string;
  /** The secret of that name: the one of earlier starts, or a new one. */
  of(name: string): string;
  /** One that was made elsewhere, if it was kept. */
  kept(name: string): string | undefined;
  keep(name: string, secret: string): void;
}

/** Secrets that nobody chose, made once and kept in the data folder for its owner alone. */
export function openSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const kept = read(file);
  const keep = (name: string, secret: string): void => {
    kept[name] = secret;
    // Renamed into place: half a file would lock us out of our own database.
    writeFileSync(`${file}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  return {
    file,
    of: (name) => {
      const known = kept[name];
      if (known !== undefined) return known;
      // A letter, then hexadecimal digits: stands in URLs, shells and the NATS server's configuration as it is.
      const made = `s${randomBytes(24).toString('hex')}`;
      keep(name, made);
      return made;
    },
    kept: (name) => kept[name],
    keep,
  };
}

function read(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${file} cannot be read; without it the database in the same folder cannot be opened`, {
      cause: error,
    });
  }
}
