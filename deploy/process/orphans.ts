import { readFileSync, rmSync } from 'node:fs';
import { identify } from './process-identity.ts';
import { waitFor } from './wait-for.ts';

/** A process that an earlier start may have left running. */
export interface OrphanCandidate {
  name: string;
  /** Written by supervise.sh: pid and start time. */
  pidFile: string;
  /** Text that the command line of the process must contain. */
  commandPart: string;
  /** Sent in turn until the process has ended. */
  signals: readonly NodeJS.Signals[];
}

/**
 * Stops the processes that an earlier start left running. Only a kill -9 of both the launcher and the shell that
 * watches a process leaves one. A pid may belong to another process by now, so the start time and the command line
 * must match too.
 * @returns the names of the processes that were running.
 * @throws Error if a process does not end.
 */
export async function stopOrphans(candidates: readonly OrphanCandidate[], secondsPerSignal = 3): Promise<string[]> {
  const stopped = await Promise.all(
    candidates.map(async (candidate) => ((await stopOrphan(candidate, secondsPerSignal)) ? [candidate.name] : [])),
  );
  return stopped.flat();
}

async function stopOrphan({ name, pidFile, commandPart, signals }: OrphanCandidate, seconds: number): Promise<boolean> {
  const [pid, started] = readPidFile(pidFile);
  const isAlive = (): boolean => {
    const found = pid > 0 ? identify(pid) : undefined;
    return found !== undefined && found.started === started && found.command.includes(commandPart);
  };
  const wasAlive = isAlive();
  for (const signal of signals) {
    if (!isAlive()) break;
    process.kill(pid, signal);
    await waitFor(() => (isAlive() ? undefined : true), { withinMs: seconds * 1000, timeoutMessage: () => '' }).catch(
      () => {},
    );
  }
  if (isAlive()) throw new Error(`${name} of an earlier start (process ${pid}) does not end: stop it by hand`);
  rmSync(pidFile, { force: true });
  return wasAlive;
}

function readPidFile(file: string): [pid: number, started: string] {
  try {
    const [pid, started = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return [Number(pid) || 0, started];
  } catch {
    return [0, ''];
  }
}
