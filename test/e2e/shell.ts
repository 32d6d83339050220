import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { COMPILE_CACHE } from '@missions/test-support/compile-cache.ts';

export interface ShellResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a text as if it were pasted into a terminal. */
export const paste = (script: string, env?: Record<string, string>): Promise<ShellResult> =>
  run('sh', ['-c', script], env);

/** Runs a program with PATH, HOME, a compile cache and `env` as its whole environment. */
export async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ShellResult> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, {
    env: { PATH, HOME, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}
