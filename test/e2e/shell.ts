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

/** Pastes a text into an interactive shell, which echoes it and its prompts to standard error. */
export async function pasteInto(
  shell: string,
  args: readonly string[],
  pasted: string,
  {
    env,
    cwd,
    account,
  }: { env: Record<string, string>; cwd: string; account: { uid: number; gid: number } | undefined },
): Promise<ShellResult> {
  const { PATH = '' } = process.env;
  const child = spawn(shell, args, { cwd, env: { PATH, ...env }, stdio: ['pipe', 'pipe', 'pipe'], ...account });
  child.stdin.end(pasted);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}
