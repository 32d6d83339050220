import { readFileSync } from 'node:fs';

/**
 * Load of the machine during a measurement. Shares are percent of all cores' time; null where the system does not tell
 * (not Linux).
 */
export interface MachineReading {
  busy: number | null;
  /** Time that the hypervisor gave to other guests: a round with a large share says little about the program. */
  steal: number | null;
  load1: number | null;
}

/** Starts a reading; calling the answer ends it. */
export function watchMachine(): () => MachineReading {
  const before = cpuTimes();
  return () => {
    const after = cpuTimes();
    const load1 = read('/proc/loadavg', (text) => Number(text.split(' ')[0]));
    if (!before || !after || after.total === before.total) return { busy: null, steal: null, load1 };
    const share = (now: number, then: number) => (100 * (now - then)) / (after.total - before.total);
    return { busy: 100 - share(after.idle, before.idle), steal: share(after.steal, before.steal), load1 };
  };
}

/**
 * First line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal; guest time is already within
 * user.
 */
function cpuTimes(): { total: number; idle: number; steal: number } | null {
  return read('/proc/stat', (text) => {
    const times = text.slice(0, text.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number);
    return {
      total: times.reduce((sum, time) => sum + time, 0),
      idle: (times[3] ?? 0) + (times[4] ?? 0),
      steal: times[7] ?? 0,
    };
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
