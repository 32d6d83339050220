import { setTimeout as pause } from 'node:timers/promises';
import type { Exit } from './supervised.ts';

/** As much of a process as is needed to keep it up. */
export interface Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Asks it to leave in its own time; a server leaves on `stop` as it should, and has none. */
  ask?(): void;
  stop(): Promise<unknown>;
}

export interface ProcessSupervisorOptions {
  name: string;
  start: () => Promise<Running>;
  say: (text: string) => void;
  /** Told of every start after the first. */
  restarted?: (process: Running) => void;
}

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 15_000;
/** Who ran this long has got over whatever it was. */
const SOUND_AFTER_MS = 30_000;

/**
 * Starts a process and, once it is guarded, starts it again whenever it ends, with a delay that doubles while it keeps
 * ending. Not guarded from the outset: a process that cannot start the first time is misconfigured, and its operator
 * wants to read why, not watch it try.
 */
export class ProcessSupervisor {
  readonly #options: ProcessSupervisorOptions;
  readonly #stopping = new AbortController();
  #current: Promise<Running> | undefined;

  constructor(options: ProcessSupervisorOptions) {
    this.#options = options;
  }

  /** @throws whatever the start throws. */
  start(): Promise<Running> {
    this.#current = this.#options.start();
    return this.#current;
  }

  guard(): void {
    void this.#watch();
  }

  /** Gives it `graceMs` to leave when asked, then makes it. Resolves when it is gone. */
  async stop(graceMs = 0): Promise<void> {
    this.#stopping.abort();
    const running = await this.#current?.catch(() => undefined);
    if (!running) return;
    if (running.ask && graceMs > 0) {
      running.ask();
      const waited = new AbortController();
      await Promise.race([running.exited, pause(graceMs, undefined, { signal: waited.signal }).catch(() => {})]);
      waited.abort();
    }
    await running.stop();
  }

  async #watch(): Promise<void> {
    const { name, start, say, restarted } = this.#options;
    const { signal } = this.#stopping;
    let delay = FIRST_DELAY_MS;
    while (!signal.aborted) {
      const began = performance.now();
      // A start that failed counts as a run that ended at once.
      const ended = await this.#current?.then(async (running) => reason(await running.exited)).catch(summary);
      if (signal.aborted) return;
      if (performance.now() - began > SOUND_AFTER_MS) delay = FIRST_DELAY_MS;
      say(`${name} ${ended}; starting it again in ${delay / 1000} s`);
      await pause(delay, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      delay = Math.min(delay * 2, LONGEST_DELAY_MS);
      this.#current = start();
      this.#current.then(restarted, () => {});
    }
  }
}

/** The shell in between reports a death by signal as 128 + its number. */
export function reason({ code, signal }: Exit): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code !== null && code > 128 ? `was ended by signal ${code - 128}` : `ended with code ${code}`;
}

function summary(error: unknown): string {
  return `could not start (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
}
