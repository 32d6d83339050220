import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { becomesReady } from '@missions/deploy/local/readiness.ts';
import { type Exit, logTail, supervise, type Supervised } from '@missions/deploy/process/supervised.ts';

export interface ProgramOptions {
  /** For messages, and of its log file and pid file. */
  name: string;
  /** From the project's root; run by the same Node as this. */
  script: string;
  /** All of its environment but PATH and HOME. `port` is the one that answers `/readyz`, the same for every start. */
  env: (port: number) => Record<string, string>;
  /** For its log and its pid file. */
  folder: string;
}

/** A process of the project's: a service, or a program of a test's. It cannot outlive this process. */
export interface Program {
  readonly name: string;
  readonly port: number;
  readonly logFile: string;
  readonly running: boolean;
  /** Of the process that was started last. @throws Error before the first start. */
  readonly pid: number;
  /** How the process that was started last ends. */
  readonly exited: Promise<Exit>;
  /** Resolves when it is ready. `env` is laid over its environment, for this start only. @throws Error with the end of its log. */
  start(env?: Record<string, string>): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<Exit>;
  /** SIGTERM; resolves when it has left. */
  stop(): Promise<Exit>;
  logTail(lines?: number): string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Compiled code is kept from run to run, as `npm start` keeps it: a start of all services takes about a second of a processor less. */
const COMPILE_CACHE = join(root, 'node_modules/.cache/missions-tests');
const READY_WITHIN_MS = 30_000;
/** A service has 10 s to leave in good order. */
const LEAVE_WITHIN_MS = 12_000;

export async function program({ name, script, env, folder }: ProgramOptions): Promise<Program> {
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
          NODE_COMPILE_CACHE: COMPILE_CACHE,
          ...env(port),
          ...extra,
        },
        cwd: root,
        pidFile: join(folder, `${name}.pid`),
        logFile,
        // When the tests are gone: there is nothing to be gentle with.
        signals: ['TERM', 'KILL'],
        secondsPerSignal: 1,
      });
      await becomesReady({
        process: process_,
        url: `http://127.0.0.1:${port}/readyz`,
        logFile,
        withinMs: READY_WITHIN_MS,
      });
    },
    kill: () => started().kill(),
    async stop() {
      const it = started();
      it.ask();
      const late = setTimeout(() => void it.kill(), LEAVE_WITHIN_MS);
      const exit = await it.exited;
      clearTimeout(late);
      return exit;
    },
    logTail: (lines) => logTail(logFile, lines),
  };
}
