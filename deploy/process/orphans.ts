import { readFileSync, rmSync } from 'node:fs';
import { identify } from './process-identity.ts';
import { waitFor } from './wait-for.ts';

export interface Suspect {
  name: string;
  /** As supervise.sh writes it: pid and start time. */
  pidFile: string;
  /** What its command line must hold for it to be ours. */
  mark: string;
  signals: readonly NodeJS.Signals[];
}

/**
 * Stops what an earlier start left behind, which takes a kill -9 of the launcher and of the shell that watched the
 * process. A pid alone proves nothing: the start time and the command line must fit too. Answers the names of the stopped.
 */
export async function stopOrphans(suspects: readonly Suspect[], secondsPerSignal = 3): Promise<string[]> {
  const stopped = await Promise.all(
    suspects.map(async (suspect) => ((await stopOrphan(suspect, secondsPerSignal)) ? [suspect.name] : [])),
  );
  return stopped.flat();
}

async function stopOrphan(suspect: Suspect, seconds: number): Promise<boolean> {
  const [pid, started] = recorded(suspect.pidFile);
  const alive = (): boolean => {
    const found = pid > 0 ? identify(pid) : undefined;
    return found !== undefined && found.started === started && found.command.includes(suspect.mark);
  };
  const found = alive();
  for (const signal of suspect.signals) {
    if (!alive()) break;
    process.kill(pid, signal);
    await waitFor(() => (alive() ? undefined : true), { withinMs: seconds * 1000, otherwise: () => '' }).catch(
      () => {},
    );
  }
  if (alive()) throw new Error(`${suspect.name} of an earlier start (process ${pid}) does not end: stop it by hand`);
  rmSync(suspect.pidFile, { force: true });
  return found;
}

function recorded(file: string): [pid: number, started: string] {
  try {
    const [pid, started = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return [Number(pid) || 0, started];
  } catch {
    return [0, ''];
  }
}
