import { readdirSync, readFileSync } from 'node:fs';
import { median } from './statistics.ts';
import type { Contender } from './row.ts';

/** Kernel ticks of /proc/<pid>/stat and /proc/stat; fixed at 100 a second for user space on Linux. */
export const TICK_MS = 10;

/**
 * Processor milliseconds that a process and its children have used so far; 0 where the system does not tell. On a
 * machine that others load too, what a request costs is steadier than how many fit into a second.
 */
export function processorTime(pid: number): number {
  let ticks = 0;
  for (const process of processes()) {
    if (process.pid === pid) ticks += process.ticks + process.ticksOfEnded;
    else if (process.parent === pid) ticks += process.ticks;
  }
  return ticks * TICK_MS;
}

/** Processor milliseconds of a process and all that it started, also of those that have ended since. */
export function processorOfTree(root: number): number {
  const children = Map.groupBy(processes(), ({ parent }) => parent);
  let ticks = 0;
  const add = ({ pid, ticks: own, ticksOfEnded }: Process): void => {
    ticks += own + ticksOfEnded;
    children.get(pid)?.forEach(add);
  };
  statOf(root).forEach(add);
  return ticks * TICK_MS;
}

export interface Costed extends Contender {
  /** Median of the rounds so far, in processor milliseconds for one request; `all` is their sum. */
  cost(): { all: number; each: Record<string, number> };
}

/**
 * The same contender, and what one request costs each of its processes (name → pid). The work that a round leaves
 * behind, such as events yet to be published, is not counted.
 */
export function costed(contender: Contender, pids: Record<string, number>): Costed {
  const rounds: Record<string, number>[] = [];
  const now = (): Record<string, number> =>
    Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processorTime(pid)]));
  return {
    name: contender.name,
    async round(seconds) {
      const before = now();
      const sample = await contender.round(seconds);
      const after = now();
      rounds.push(
        Object.fromEntries(
          Object.keys(pids).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / sample.requests]),
        ),
      );
      return sample;
    },
    cost() {
      const each = Object.fromEntries(
        Object.keys(pids).map((name) => [name, median(rounds.map((round) => round[name] ?? NaN))]),
      );
      return { all: Object.values(each).reduce((sum, cost) => sum + cost, 0), each };
    },
  };
}

interface Process {
  pid: number;
  parent: number;
  ticks: number;
  /** Of children that it has waited for. */
  ticksOfEnded: number;
}

function processes(): Process[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => statOf(Number(name)));
  } catch {
    return [];
  }
}

/** proc(5): the second field is the command in brackets, which may hold spaces; the third is the state. */
function statOf(pid: number): Process[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return [
      {
        pid,
        parent: Number(fields[1]),
        ticks: Number(fields[11]) + Number(fields[12]),
        ticksOfEnded: Number(fields[13]) + Number(fields[14]),
      },
    ];
  } catch {
    return [];
  }
}
