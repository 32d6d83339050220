import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Settings } from './config.ts';

/**
 * Makes the users' page for the gateway, unless the settings name a folder that has it.
 * @returns its folder.
 * @throws Error with what is wrong with the page's sources.
 */
export async function buildPage(root: string, { dataDir, inherited, perService }: Settings): Promise<string> {
  const chosen = perService['gateway']?.['DASHBOARD_DIR'];
  if (chosen !== undefined) return chosen;
  const folder = join(dataDir, 'page');
  const build = join(root, 'services/dashboard/build.ts');
  try {
    await promisify(execFile)(process.execPath, [build, folder], { env: inherited });
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(`The page cannot be built: ${stderr.trim() || message}`, { cause: error });
  }
  return folder;
}
