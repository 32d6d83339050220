import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from './process-identity.ts';

export interface Launcher {
  pid: number;
  started: string;
  /** Of the gateway, once it answers. */
  address?: string;
}

export class AlreadyRunning extends Error {
  constructor(dataDir: string, other: Launcher) {
    const where = other.address === undefined ? 'and is still starting' : `at ${other.address}`;
    super(
      `Missions already runs with ${dataDir}, ${where} (process ${other.pid}). Stop it first, or set DATA_DIR to another folder.`,
    );
    this.name = 'AlreadyRunning';
  }
}

export interface LauncherLock {
  /** Tells a second start, and whoever reads the file, where we are. */
  announce(address: string): void;
  release(): void;
}

/**
 * One launcher per data folder. The lock is a file that names its holder and appears with its content in one step (a hard link
 * fails when there is one); the lock of a process that is gone is taken over.
 * @throws AlreadyRunning
 */
export function lockFolder(dataDir: string): LauncherLock {
  const file = join(dataDir, 'launcher.json');
  const draft = `${file}.${process.pid}`;
  const self: Launcher = { pid: process.pid, started: identify(process.pid)?.started ?? '' };
  const write = (launcher: Launcher): void => writeFileSync(draft, JSON.stringify(launcher), { mode: 0o644 });
  write(self);
  try {
    while (!linked(draft, file)) takeAway(file, dataDir);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    announce: (address) => {
      write({ ...self, address });
      renameSync(draft, file);
    },
    release: () => rmSync(file, { force: true }),
  };
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a dead launcher. Renamed first: of two that found it stale, one gets it, and a live one is put back. */
function takeAway(file: string, dataDir: string): void {
  const holder = read(file);
  if (holder && isAlive(holder)) throw new AlreadyRunning(dataDir, holder);
  const away = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, away);
  } catch {
    return;
  }
  const taken = read(away);
  if (taken && isAlive(taken)) linked(away, file);
  rmSync(away, { force: true });
}

function isAlive({ pid, started }: Launcher): boolean {
  return identify(pid)?.started === started;
}

function read(file: string): Launcher | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Launcher;
  } catch {
    return undefined;
  }
}
