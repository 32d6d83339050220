import { describeExit } from '../process/process-supervisor.ts';
import type { Supervised } from '../process/supervised.ts';
import { waitFor } from '../process/wait-for.ts';

export interface ReadinessOptions {
  process: Supervised;
  /** URL of its `/readyz`. */
  url: string;
  logFile: string;
  withinMs: number;
  /** Checks that may fail. */
  mayLack?: readonly string[];
  /** Gets a message every 8 s while the service is not ready. */
  say?: (text: string) => void;
  /** Why the service does not become ready, if that can be seen from outside: it may be unable to log it. */
  reason?: () => string | undefined;
}

/** Longer than a start takes on a slow machine. */
const SAY_EVERY_MS = 8_000;

/**
 * Resolves when the service is ready.
 * @throws Error with the end of the log if the service ends before, or is not ready in time.
 */
export async function becomesReady({
  process,
  url,
  logFile,
  withinMs,
  mayLack = [],
  say,
  reason,
}: ReadinessOptions): Promise<void> {
  let missing = 'it does not listen';
  let sayAt = performance.now() + SAY_EVERY_MS;
  const because = (): string => {
    const why = reason?.();
    return why === undefined ? '' : `, because ${why}`;
  };
  const message = (problem: string): string =>
    `${process.name} ${problem}${because()}. The end of ${logFile}:\n${process.endOfLog()}`;
  await waitFor(
    async () => {
      if (!process.running) throw new Error(message(`${describeExit(await process.exited)} while starting`));
      const state = await probe(url, mayLack);
      if (state === 'ready') return true;
      if (state !== undefined) missing = state;
      if (performance.now() > sayAt) {
        say?.(`Still waiting for ${process.name}: ${missing}${because()}`);
        sayAt += SAY_EVERY_MS;
      }
      return undefined;
    },
    { withinMs, everyMs: 50, timeoutMessage: () => message(`is not ready after ${withinMs / 1000} s (${missing})`) },
  );
}

/** `ready`, or the body of the response, which names the failing checks; undefined if the service does not respond. */
async function probe(url: string, mayLack: readonly string[]): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    const body = await response.text();
    if (response.status === 200) return 'ready';
    const { checks = {} } = JSON.parse(body) as { checks?: Record<string, string> };
    const failed = Object.keys(checks).filter((name) => checks[name] !== 'ok');
    return failed.length > 0 && failed.every((name) => mayLack.includes(name)) ? 'ready' : body;
  } catch {
    return undefined;
  }
}
