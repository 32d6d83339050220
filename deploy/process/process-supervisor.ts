import { setTimeout as pause } from 'node:timers/promises';
import type { Exit } from './supervised.ts';

/** The part of a running process that the supervisor needs. */
export interface Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Asks the process to end in its own time. A server has no such method: `stop` ends it in good order. */
  terminate?(): void;
  stop(): Promise<unknown>;
}

export interface ProcessSupervisorOptions {
  name: string;
  start: () => Promise<Running>;
  say: (text: string) => void;
  /** Called after every restart that succeeded. */
  restarted?: (process: Running) => void;
  /** Why the process has ended, if that can be seen from outside: it may have been unable to log it. */
  reason?: () => string | undefined;
}

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 15_000;
/** After a run of this length, the next restart waits for `FIRST_DELAY_MS` again. */
const HEALTHY_AFTER_MS = 30_000;

/**
 * Starts a process and, after `restartOnExit`, starts it again whenever it ends, after a delay that doubles while the
 * process keeps ending. The first start is not repeated: a process that cannot start the first time is misconfigured,
 * and its operator wants to read the reason instead of watching the attempts.
 */
export class ProcessSupervisor {
  readonly #options: ProcessSupervisorOptions;
  readonly #stopping = new AbortController();
  #current: Promise<Running> | undefined;

  constructor(options: ProcessSupervisorOptions) {
    this.#options = options;
  }

  /** @throws the error of the `start` option. */
  start(): Promise<Running> {
    this.#current = this.#options.start();
    return this.#current;
  }

  restartOnExit(): void {
    void this.#watch();
  }

  /**
   * Asks the process to end and waits `graceMs` for it, then stops it. Resolves when the process is gone; it is not
   * started again.
   */
  async stop(graceMs = 0): Promise<void> {
    this.#stopping.abort();
    const running = await this.#current?.catch(() => undefined);
    if (!running) return;
    if (running.terminate && graceMs > 0) {
      running.terminate();
      const waited = new AbortController();
      await Promise.race([running.exited, pause(graceMs, undefined, { signal: waited.signal }).catch(() => {})]);
      waited.abort();
    }
    await running.stop();
  }

  async #watch(): Promise<void> {
    const { name, start, say, restarted, reason } = this.#options;
    const { signal } = this.#stopping;
    let delay = FIRST_DELAY_MS;
    while (!signal.aborted) {
      const began = performance.now();
      // A start that failed counts as a run that ended at once.
      const ended = await this.#current
        ?.then(async (running) => describeExit(await running.exited))
        .catch(describeError);
      if (signal.aborted) return;
      if (performance.now() - began > HEALTHY_AFTER_MS) delay = FIRST_DELAY_MS;
      const why = reason?.();
      say(`${name} ${ended}${why === undefined ? '' : `, because ${why}`}; starting it again in ${delay / 1000} s`);
      await pause(delay, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      delay = Math.min(delay * 2, MAX_DELAY_MS);
      this.#current = start();
      this.#current.then(restarted, () => {});
    }
  }
}

/** A verb phrase for messages. supervise.sh reports a death by a signal as 128 plus the signal's number. */
export function describeExit({ code, signal }: Exit): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code !== null && code > 128 ? `was ended by signal ${code - 128}` : `ended with code ${code}`;
}

function describeError(error: unknown): string {
  return `could not start (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
}
