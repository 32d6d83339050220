import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Secrets {
  readonly file: string;
  /** The secret of that name; created at its first use. */
  getOrCreate(name: string): string;
  /** Undefined if no secret of that name is stored. */
  get(name: string): string | undefined;
  /** Stores a secret that was created elsewhere. */
  set(name: string, secret: string): void;
}

/**
 * The secrets that the operator did not choose. They are stored in the data folder, in a file that only its owner
 * reads.
 * @throws Error if the file exists and cannot be read.
 */
export function openSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const secrets = read(file);
  const set = (name: string, secret: string): void => {
    secrets[name] = secret;
    // The file is replaced by a rename: an incomplete file would lock us out of our own database.
    writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  return {
    file,
    getOrCreate: (name) => {
      const stored = secrets[name];
      if (stored !== undefined) return stored;
      // A letter and hexadecimal digits need no quotes in URLs, shells and the configuration of the NATS server.
      const secret = `s${randomBytes(24).toString('hex')}`;
      set(name, secret);
      return secret;
    },
    get: (name) => secrets[name],
    set,
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

/**
 * The password of the embedded PostgreSQL's administrator, which is fixed when the database is made.
 * @throws Error if there is a database whose password is lost. A new one would only be refused by it.
 */
export function postgresPassword(dataDir: string, secrets: Secrets): string {
  const database = join(dataDir, 'postgres');
  if (secrets.get('postgres') === undefined && existsSync(join(database, 'PG_VERSION')))
    throw new Error(
      `${secrets.file} has lost the password of the database in ${database}. ` +
        'Put the file back from a backup, or move both away to begin with an empty database.',
    );
  return secrets.getOrCreate('postgres');
}
