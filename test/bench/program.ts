import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Program {
  /** As `services/` or the bench names it; several copies may bear the same. */
  service: string;
  pid: number;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  /** For messages. */
  name: string;
  service: string;
  /** Below the root of the repository; run by the same Node as this. */
  script: string;
  args?: string[];
  env: Record<string, string>;
  /** URL that responds 200 when the program is ready to be measured. */
  readyUrl: string;
  /** Checks of its `/readyz` that may fail: what a measurement leaves out. */
  mayLack?: readonly string[];
  /**
   * File for standard output and error. Logging to a file costs the program what it costs in production, and keeps the
   * table readable.
   */
  logFile: string;
}

const START_MS = 30_000;
const STOP_MS = 12_000;

/** Starts a program of the repository as its own process and waits until it is ready. */
export async function startProgram({
  name,
  service,
  script,
  args = [],
  env,
  readyUrl,
  mayLack = [],
  logFile,
}: ProgramOptions): Promise<Program> {
  const log = openSync(logFile, 'a');
  // NODE_OPTIONS: for --profile. The rest of the bench's environment would make figures depend on who runs it.
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'NODE_OPTIONS'].flatMap((variable) =>
      process.env[variable] ? [[variable, process.env[variable]]] : [],
    ),
  );
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  try {
    await once(child, 'spawn');
    await untilReady(child, readyUrl, mayLack);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${name} did not start: ${String(error)}\n${readFileSync(logFile, 'utf8').slice(-2000)}`, {
      cause: error,
    });
  }
  return { service, pid: child.pid ?? 0, stop: () => stop(child) };
}

async function untilReady(child: ChildProcess, readyUrl: string, mayLack: readonly string[]): Promise<void> {
  const deadline = performance.now() + START_MS;
  let last = 'no answer';
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    const answer = await fetch(readyUrl).catch((error: unknown) => String(error));
    if (typeof answer !== 'string') {
      if (answer.ok) return;
      const text = await answer.text();
      const { checks = {} } = JSON.parse(text) as { checks?: Record<string, string> };
      const failed = Object.keys(checks).filter((name) => checks[name] !== 'ok');
      if (failed.length > 0 && failed.every((name) => mayLack.includes(name))) return;
      last = `${answer.status} ${text}`;
    }
    await pause(50);
  }
  throw new Error(`not ready after ${START_MS / 1000} s: ${last}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exit;
  clearTimeout(late);
}
