import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the data folder and answers the folder of its logs. Root becomes the owner of an existing one: files of root's in
 * it would lock its owner out of the next start.
 * @throws Error that says whose it is when we may not write there.
 */
export function openDataFolder(dataDir: string, say: (text: string) => void): string {
  // Others may pass through: where namespaces are forbidden, root's PostgreSQL runs as somebody else (postgres-owner.ts). What is in it is closed to them.
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
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
      `${dataDir} belongs to user ${owner.uid}, and we (user ${process.getuid?.()}) may not write there. Start as its owner, or set DATA_DIR.`,
      {
        cause: error,
      },
    );
  }
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o711 });
  return logs;
}
