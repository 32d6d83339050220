import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux on all machines where this runs. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds of processors that a process and all that descends from it have used, ended children included: two readings
 * say what was used between them. Undefined where there is no /proc.
 */
export function processorSeconds(root: number): number | undefined {
  const processes = new Map<number, { parent: number; ticks: number }>();
  try {
    for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) read(Number(name), processes);
  } catch {
    return undefined;
  }
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 0; at = processes.get(at)?.parent)
      if (at === root) return true;
    return false;
  };
  let ticks = 0;
  for (const [pid, process] of processes) if (belongs(pid)) ticks += process.ticks;
  return ticks / TICKS_PER_SECOND;
}

function read(pid: number, into: Map<number, { parent: number; ticks: number }>): void {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold anything. After it come the state, the parent, and from the twelfth on the
    // user and system time of the process and of its ended children.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    into.set(pid, { parent: Number(fields[1]), ticks });
  } catch {
    // It has just ended.
  }
}
