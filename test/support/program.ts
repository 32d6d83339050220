import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from './compile-cache.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { becomesReady } from '@missions/deploy/local/readiness.ts';
import { endOfLog } from '@missions/deploy/process/log-tail.ts';
import { type Exit, supervise, type Supervised } from '@missions/deploy/process/supervised.ts';

export interface ProgramOptions {
  /** For messages, and of its log file and pid file. */
  name: string;
  /** Path from the project's root; run by the Node that runs the specs. */
  script: string;
  /**
   * The environment of the process, without PATH and HOME. `port` is the same for every start.
   */
  env: (port: number) => Record<string, string>;
  /** Of `/readyz`, if that is not on `port`. */
  healthPort?: number;
  /** Checks of `/readyz` that may fail. */
  mayLack?: readonly string[];
  /** For its log and its pid file. */
  folder: string;
}

/** A service or a program of a test, as a process. It cannot outlive this process. */
export interface Program {
  readonly name: string;
  readonly port: number;
  readonly logFile: string;
  readonly running: boolean;
  /** Process id of the last start. @throws Error before the first start. */
  readonly pid: number;
  /** Resolves when the process of the last start has ended. */
  readonly exited: Promise<Exit>;
  /**
   * Resolves when the program is ready. `env` overrides its environment for this start. @throws Error with the end of
   * its log.
   */
  start(env?: Record<string, string>): Promise<void>;
  /** Sends SIGKILL; resolves when the process has ended. */
  kill(): Promise<Exit>;
  /** Sends SIGTERM; resolves when the process has ended. */
  stop(): Promise<Exit>;
  logTail(lines?: number): string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A first start compiles everything, on a machine that does so for other specs too. */
const READY_WITHIN_MS = 120_000;
/** A service has 10 s to leave in good order. */
const LEAVE_WITHIN_MS = 12_000;

export async function program({
  name,
  script,
  env,
  folder,
  healthPort,
  mayLack = [],
}: ProgramOptions): Promise<Program> {
  const port = await freePort();
  const logFile = join(folder, `${name}.log`);
  let process_: Supervised | undefined;
  const started = (): Supervised => {
    if (!process_) throw new Error(`${name} has not been started`);
    return process_;
  };
  return {
    name,
    port,
    logFile,
    get running() {
      return process_?.running ?? false;
    },
    get pid() {
      return started().pid;
    },
    get exited() {
      return started().exited;
    },
    async start(extra = {}) {
      if (process_?.running) throw new Error(`${name} runs already`);
      process_ = await supervise({
        name,
        command: process.execPath,
        args: [join(root, script)],
        env: {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          NODE_COMPILE_CACHE: join(COMPILE_CACHE, name),
          ...env(port),
          ...extra,
        },
        cwd: root,
        pidFile: join(folder, `${name}.pid`),
        logFile,
        // Sent when the spec process has ended, so no caller waits for an orderly end.
        signals: ['TERM', 'KILL'],
        secondsPerSignal: 1,
      });
      await becomesReady({
        process: process_,
        url: `http://127.0.0.1:${healthPort ?? port}/readyz`,
        logFile,
        withinMs: READY_WITHIN_MS,
        mayLack,
      });
    },
    kill: () => started().kill(),
    async stop() {
      const it = started();
      it.terminate();
      const late = setTimeout(() => void it.kill(), LEAVE_WITHIN_MS);
      const exit = await it.exited;
      clearTimeout(late);
      return exit;
    },
    logTail: (lines) => endOfLog(logFile, lines),
  };
}
