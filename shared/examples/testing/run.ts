import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Running {
  /** Grows while the program runs. */
  readonly said: { output: string; errors: string };
  readonly ended: Promise<{ code: number; output: string; errors: string }>;
  stop(signal?: NodeJS.Signals): void;
}

/** Runs a program of an example as its user would, with no variables but these. */
export function run(command: string, args: readonly string[], env: Record<string, string>, cwd?: string): Running {
  const { PATH = '', HOME = '' } = process.env;
  const options = { env: { PATH, HOME, ...env }, ...(cwd !== undefined && { cwd }) };
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.errors += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...said }));
  return { said, ended, stop: (signal) => child.kill(signal) };
}
