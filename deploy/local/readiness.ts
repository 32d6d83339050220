import { reason } from '../process/process-supervisor.ts';
import { logTail, type Supervised } from '../process/supervised.ts';
import { waitFor } from '../process/wait-for.ts';

export interface Awaited {
  process: Supervised;
  /** Of its /readyz. */
  url: string;
  logFile: string;
  withinMs: number;
  say?: (text: string) => void;
}

/** Longer than a start takes on a slow machine; who waits longer wants to know on what. */
const SAY_EVERY_MS = 8_000;

/** Resolves when the service answers that it can work. @throws Error with what is missing, or with the end of its log when it ended. */
export async function becomesReady({ process, url, logFile, withinMs, say }: Awaited): Promise<void> {
  let missing = 'it does not listen';
  let sayAt = performance.now() + SAY_EVERY_MS;
  const said = (what: string): string => `${process.name} ${what}. The end of ${logFile}:\n${logTail(logFile)}`;
  await waitFor(
    async () => {
      if (!process.running) throw new Error(said(`${reason(await process.exited)} while starting`));
      const answer = await ask(url);
      if (answer === 'ready') return true;
      if (answer !== undefined) missing = answer;
      if (performance.now() > sayAt) {
        say?.(`Still waiting for ${process.name}: ${missing}`);
        sayAt += SAY_EVERY_MS;
      }
      return undefined;
    },
    { withinMs, everyMs: 50, otherwise: () => said(`is not ready after ${withinMs / 1000} s (${missing})`) },
  );
}

/** `ready`, or what the service says is missing; undefined while nobody answers. */
async function ask(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    const body = await response.text();
    return response.status === 200 ? 'ready' : body;
  } catch {
    return undefined;
  }
}
