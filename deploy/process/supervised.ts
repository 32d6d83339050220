import { spawn } from 'node:child_process';
import { chownSync, closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait-for.ts';

const SUPERVISE = fileURLToPath(new URL('./supervise.sh', import.meta.url));

export interface SupervisedOptions {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Where the pid and start time of the process are written, for a later start that looks for orphans. */
  pidFile: string;
  /** Standard output and error, appended. */
  logFile: string;
  /** Tried in turn when the pipe to us ends; the last one should be KILL. */
  signals: readonly ('TERM' | 'INT' | 'QUIT' | 'KILL')[];
  secondsPerSignal: number;
  /** Run as somebody else; only root may. */
  owner?: { uid: number; gid: number };
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that cannot outlive us: see supervise.sh. */
export interface Supervised {
  readonly name: string;
  /** Of the process itself, not of the shell that watches it. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  /** Asks the process to leave (SIGTERM), and does not press it further. */
  ask(): void;
  /** Goes through the signals; resolves when the process is gone. */
  stop(): Promise<Exit>;
  /** SIGKILL, for tests of what survives. */
  kill(): Promise<Exit>;
}

/** Starts it; resolves once its pid is known. @throws Error when it cannot be started at all. */
export async function supervise(options: SupervisedOptions): Promise<Supervised> {
  writeFileSync(options.pidFile, '', { mode: 0o600 });
  const log = openSync(options.logFile, 'a', 0o600);
  if (options.owner) chownSync(options.pidFile, options.owner.uid, options.owner.gid);
  const shell = spawn(
    'sh',
    [
      SUPERVISE,
      options.pidFile,
      String(options.secondsPerSignal),
      options.signals.join(' '),
      options.command,
      ...options.args,
    ],
    {
      stdio: ['pipe', log, log],
      detached: true,
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.owner ?? {}),
    },
  );
  closeSync(log);
  const pipe = shell.stdin;
  if (!pipe) throw new Error(`${options.name} could not be started: ${SUPERVISE} is missing or there is no sh`);
  // The write end is closed by us or not at all; an error on it only says that the shell went first.
  pipe.on('error', () => {});
  let running = true;
  const exited = new Promise<Exit>((resolve, reject) => {
    shell.once('error', reject);
    shell.once('exit', (code, signal) => {
      running = false;
      resolve({ code, signal });
    });
  });
  exited.catch(() => {});
  await once(shell, 'spawn');
  const pid = await waitFor(() => readPid(options.pidFile), {
    withinMs: 10_000,
    everyMs: 2,
    otherwise: () => `${options.name} did not start; its log is ${options.logFile}`,
  });
  return {
    name: options.name,
    pid,
    exited,
    get running() {
      return running;
    },
    ask: () => void shell.kill('SIGTERM'),
    stop: () => {
      pipe.destroy();
      return exited;
    },
    kill: () => {
      if (running) process.kill(pid, 'SIGKILL');
      return exited;
    },
  };
}

function readPid(file: string): number | undefined {
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  return Number.isInteger(pid) ? pid : undefined;
}

/** The end of a log file, for the message of a process that failed. */
export function logTail(file: string, lines = 15): string {
  try {
    const size = statSync(file).size;
    return readFileSync(file, 'utf8')
      .slice(size > 20_000 ? -20_000 : 0)
      .trimEnd()
      .split('\n')
      .slice(-lines)
      .join('\n');
  } catch {
    return '(nothing was logged)';
  }
}
