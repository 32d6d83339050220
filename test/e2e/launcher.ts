import { COMPILE_CACHE } from '@missions/test-support/compile-cache.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { descendants, type ProcessInfo } from './processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The process of `npm start`, without npm. */
export interface Launcher {
  readonly pid: number;
  /** Standard output and error so far. */
  output(): string;
  /** Address of the gateway, as printed. */
  readonly address: string;
  /** The secret, as printed. */
  readonly secret: string;
  /** The printed command for a first call. */
  readonly firstCall: string;
  /** Running processes that it has started. */
  descendants(): ProcessInfo[];
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code or the signal when the process has ended. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const READY_MS = 60_000;

/**
 * @param dataDir where an earlier start may have left its data.
 * @param readyMs more for an account that has no compiled code in the cache yet.
 * @throws Error with its output when it ends before it is ready.
 */
export async function launch(dataDir: string, env: Record<string, string> = {}, readyMs = READY_MS): Promise<Launcher> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [join(root, 'deploy/local/start.ts')], {
    // Another folder than the project's: the launcher must not depend on the working directory.
    cwd: '/',
    env: { PATH, HOME, DATA_DIR: dataDir, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  // A start that hangs must not outlive the tests.
  const goneWithUs = (): void => void child.kill('SIGTERM');
  process.once('exit', goneWithUs);
  void ended.then(() => process.off('exit', goneWithUs));

  await waitUntil(() => output.includes('Ctrl-C ends everything') || child.exitCode !== null, {
    withinMs: readyMs,
    what: 'the banner',
  }).catch((error: Error) => {
    child.kill('SIGTERM');
    throw new Error(`${error.message}:\n${output}`);
  });
  if (child.exitCode !== null) throw new Error(`the launcher ended with ${child.exitCode}:\n${output}`);
  const printed = (pattern: RegExp): string => {
    const found = pattern.exec(output)?.[1];
    if (found === undefined) throw new Error(`no match of ${pattern} in:\n${output}`);
    return found;
  };
  return {
    pid: child.pid ?? 0,
    output: () => output,
    address: printed(/Address +(\S+)/),
    secret: printed(/Secret +(\S+)/),
    firstCall: printed(/^(curl [^]*?)\n\n/m),
    descendants: () => descendants(child.pid ?? 0),
    signal: (name) => void child.kill(name),
    ended,
  };
}
