import { accessSync, constants, existsSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Creates the data folder. Root continues as the owner of an existing one: files of root's in it would lock the owner
 * out of the next start.
 * @returns the folder of the logs.
 * @throws Error that says what is wrong with DATA_DIR.
 */
export function openDataFolder(dataDir: string, say: (text: string) => void): string {
  createFolder(dataDir, dataDir);
  const owner = statSync(dataDir);
  if (process.getuid?.() === 0 && owner.uid !== 0) {
    say(`${dataDir} belongs to user ${owner.uid}: going on as that user`);
    process.setgroups?.([owner.gid]);
    process.setgid?.(owner.gid);
    process.setuid?.(owner.uid);
  }
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `${dataDir} belongs to user ${owner.uid}, and we (user ${process.getuid?.()}) may not write there. ` +
        'Start as its owner, or set DATA_DIR.',
      { cause: error },
    );
  }
  const logs = join(dataDir, 'logs');
  createFolder(logs, dataDir);
  return logs;
}

/**
 * Level by level: `recursive` of Node 24 does not end below a folder like /proc, which takes no folders and says that
 * it does not exist. Other users may pass through the folders, whose content is closed to them: where user namespaces
 * are forbidden, root's PostgreSQL runs as another user (see runAs).
 */
function createFolder(folder: string, dataDir: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found) throw new Error(`${folder} is a file, and DATA_DIR must name a folder. Set DATA_DIR to another path.`);
  if (dirname(folder) !== folder) createFolder(dirname(folder), dataDir);
  try {
    mkdirSync(folder, { mode: 0o711 });
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`The folder ${folder} cannot be made (${code}). Set DATA_DIR (now ${dataDir}) to another path.`, {
      cause: error,
    });
  }
}

/** Below this, PostgreSQL can write no segment of its log (16 MB), and no program its log file for long. */
const FULL_BELOW_BYTES = 16 * 1024 * 1024;

/** Why programs that write to the folder end, if its disk is full: they cannot write the reason to their logs. */
export function fullDisk(
  folder: string,
  { bavail, bsize }: { bavail: number; bsize: number } = statfsSync(folder),
): string | undefined {
  const free = bavail * bsize;
  if (free >= FULL_BELOW_BYTES) return undefined;
  return `the disk of ${folder} is full (${Math.floor(free / 1024 / 1024)} MB free): make room`;
}

/**
 * The error of a failed start, or one that says before it that the disk is full: whatever fails first there seldom says
 * so. A program that cleans up behind itself makes room again, so that its message counts too.
 */
export function orFullDisk(folder: string, error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('is full (')) return error;
  const noRoom = /ENOSPC|no space left on device/i.test(message);
  const why = fullDisk(folder) ?? (noRoom ? `the disk of ${folder} is full: make room` : undefined);
  return why === undefined ? error : new Error(`Missions cannot start, because ${why}.\n${message}`, { cause: error });
}

/** @throws what `act` throws, see `orFullDisk` */
export function sayingFullDisk<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw existsSync(folder) ? orFullDisk(folder, error) : error;
  }
}
