import { readFileSync } from 'node:fs';
import { processorOfTree, TICK_MS } from './processor.ts';

/**
 * Load of the machine during a measurement. Shares are percent of all cores' time; null where the system does not tell
 * (not Linux).
 */
export interface MachineReading {
  busy: number | null;
  /** Time that the hypervisor gave to other guests: a round with a large share says little about the program. */
  steal: number | null;
  load1: number | null;
  /** Cores that processes used which this one did not start: other work on the machine. */
  others: number | null;
}

/** Figures of a round in which others used more say how busy the machine was, not how fast the program is. */
const DISTURBED_CORES = 0.3;

export const isDisturbed = (others: number | null): boolean => others !== null && others > DISTURBED_CORES;

/** Starts a reading; calling the answer ends it. */
export function watchMachine(): () => MachineReading {
  const before = cpuTimes();
  const ownBefore = processorOfTree(process.pid);
  const start = performance.now();
  return () => {
    const after = cpuTimes();
    const own = processorOfTree(process.pid) - ownBefore;
    const elapsed = performance.now() - start;
    const load1 = read('/proc/loadavg', (text) => Number(text.split(' ')[0]));
    if (!before || !after || after.total === before.total) return { busy: null, steal: null, load1, others: null };
    const share = (now: number, then: number) => (100 * (now - then)) / (after.total - before.total);
    const others = Math.max(0, (after.busyMs - before.busyMs - own) / elapsed);
    return { busy: 100 - share(after.idle, before.idle), steal: share(after.steal, before.steal), load1, others };
  };
}

/**
 * First line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal; guest time is already within
 * user.
 */
function cpuTimes(): { total: number; idle: number; steal: number; busyMs: number } | null {
  return read('/proc/stat', (text) => {
    const times = text.slice(0, text.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number);
    const total = times.reduce((sum, time) => sum + time, 0);
    const idle = (times[3] ?? 0) + (times[4] ?? 0);
    const steal = times[7] ?? 0;
    return { total, idle, steal, busyMs: (total - idle - steal) * TICK_MS };
  });
}

/** Resident memory of a process in MB, now and at its highest. */
export function residentMemory(pid: number): { now: number; peak: number } | null {
  return read(`/proc/${pid}/status`, (text) => {
    const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? NaN) / 1024;
    return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
  });
}

function read<T>(path: string, take: (text: string) => T): T | null {
  try {
    return take(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
