import { spawn } from 'node:child_process';
import { chownSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endOfLog, sizeOf } from './log-tail.ts';
import { waitFor } from './wait-for.ts';

const SUPERVISE = fileURLToPath(new URL('./supervise.sh', import.meta.url));

export interface SupervisedOptions {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /**
   * supervise.sh writes the pid and the start time of the process to it, for the search for orphans at a later start.
   */
  pidFile: string;
  /** Standard output and error, appended. */
  logFile: string;
  /** Sent in turn after the pipe to this process has ended; the last one should be KILL. */
  signals: readonly ('TERM' | 'INT' | 'QUIT' | 'KILL')[];
  secondsPerSignal: number;
  /** Runs the process as that user, which only root may do. */
  owner?: { uid: number; gid: number };
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that ends with the process that started it: see supervise.sh. */
export interface Supervised {
  readonly name: string;
  /** The pid of the process itself, not of the shell that watches it. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  /** The last lines that this process has logged, for an error message; none of an earlier one. */
  endOfLog(lines?: number): string;
  /** Sends SIGTERM, and no further signal. */
  terminate(): void;
  /** Sends the signals in turn; resolves when the process is gone. */
  stop(): Promise<Exit>;
  /** Sends SIGKILL, for tests of crashes. */
  kill(): Promise<Exit>;
}

/** Starts a process; resolves once its pid is known. @throws Error if it cannot be started. */
export async function supervise(options: SupervisedOptions): Promise<Supervised> {
  writeFileSync(options.pidFile, '', { mode: 0o600 });
  const logFrom = sizeOf(options.logFile);
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
  // Nothing is written to the pipe. An error on it means that the shell has ended first, which `exited` reports.
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
    timeoutMessage: () => `${options.name} did not start; its log is ${options.logFile}`,
  });
  return {
    name: options.name,
    pid,
    exited,
    get running() {
      return running;
    },
    endOfLog: (lines) => endOfLog(options.logFile, lines, logFrom),
    terminate: () => void shell.kill('SIGTERM'),
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
