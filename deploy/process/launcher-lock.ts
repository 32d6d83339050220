import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from './process-identity.ts';

/** The content of the lock file. pid and start time together identify a process. */
export interface LockHolder {
  pid: number;
  started: string;
  /** Address of the gateway; absent until the gateway is ready. */
  address?: string;
  /** Address at which users open the product (PUBLIC_URL). */
  publicUrl?: string;
  /** Address of the reference agent; absent if it does not run. */
  agent?: string;
}

export class AlreadyRunning extends Error {
  constructor(dataDir: string, holder: LockHolder) {
    const where = holder.address === undefined ? 'and is still starting' : `at ${holder.address}`;
    super(
      `Missions already runs with ${dataDir}, ${where} (process ${holder.pid}). ` +
        'Stop it first, or set DATA_DIR to another folder.',
    );
    this.name = 'AlreadyRunning';
  }
}

export interface LauncherLock {
  /** Writes the addresses to the lock file, for a second launcher and for the operators' command. */
  announce(addresses: Pick<LockHolder, 'address' | 'publicUrl' | 'agent'>): void;
  release(): void;
}

/**
 * Admits one launcher per data folder. The lock is a file that names its holder. A hard link creates the file together
 * with its content, and fails if there is one. The lock of a process that has ended is taken over, so a kill -9 leaves
 * no lock behind.
 * @throws AlreadyRunning
 */
export function lockFolder(dataDir: string): LauncherLock {
  const file = join(dataDir, 'launcher.json');
  const draft = `${file}.${process.pid}`;
  const self: LockHolder = { pid: process.pid, started: identify(process.pid)?.started ?? '' };
  const write = (holder: LockHolder): void => writeFileSync(draft, JSON.stringify(holder), { mode: 0o644 });
  write(self);
  try {
    while (!linkUnlessPresent(draft, file)) removeStaleLock(file, dataDir);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    announce: (addresses) => {
      write({ ...self, ...addresses });
      renameSync(draft, file);
    },
    release: () => rmSync(file, { force: true }),
  };
}

function linkUnlessPresent(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock of a launcher that has ended. The file is renamed first: of two launchers that found it stale, one
 * succeeds. If the renamed file turns out to be a live launcher's, it is put back.
 * @throws AlreadyRunning if the holder lives.
 */
function removeStaleLock(file: string, dataDir: string): void {
  const holder = read(file);
  if (holder && isAlive(holder)) throw new AlreadyRunning(dataDir, holder);
  const renamed = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, renamed);
  } catch {
    return;
  }
  const removed = read(renamed);
  if (removed && isAlive(removed)) linkUnlessPresent(renamed, file);
  rmSync(renamed, { force: true });
}

function isAlive({ pid, started }: LockHolder): boolean {
  return identify(pid)?.started === started;
}

function read(file: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
}
