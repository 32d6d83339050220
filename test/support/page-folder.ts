import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterLastFile } from './spec-run.ts';

const BUILD = fileURLToPath(new URL('../../services/dashboard/build.ts', import.meta.url));

let built: Promise<string> | undefined;

/** The users' page as `npm start` makes it, once for all spec files of this process. */
export function pageFolder(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-page-'));
  afterLastFile(async () => rmSync(folder, { recursive: true, force: true }));
  await promisify(execFile)(process.execPath, [BUILD, folder]);
  return folder;
}
