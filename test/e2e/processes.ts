import { spawnSync } from 'node:child_process';
import { identify } from '@missions/deploy/process/process-identity.ts';

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessInfo {
  pid: number;
  started: string;
  command: string;
}

/** Every process that descends from this one, however many generations down. */
export function descendants(pid: number): ProcessInfo[] {
  const table = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout;
  const children = Map.groupBy(
    table
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number]),
    ([, parent]) => parent,
  );
  const found: ProcessInfo[] = [];
  const visit = (parent: number): void => {
    for (const [child] of children.get(parent) ?? []) {
      const who = identify(child);
      if (who) found.push({ pid: child, ...who });
      visit(child);
    }
  };
  visit(pid);
  return found;
}

export const alive = (known: readonly ProcessInfo[]): ProcessInfo[] =>
  known.filter(({ pid, started }) => identify(pid)?.started === started);
