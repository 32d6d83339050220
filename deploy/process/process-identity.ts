import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Identity {
  /** When it started, in ticks since boot; empty where there is no /proc. */
  started: string;
  /** Its command line, separated by spaces. */
  command: string;
}

/** Who has this pid now; undefined when nobody, or only a zombie. */
export function identify(pid: number): Identity | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): Identity | undefined {
  try {
    // The name in parentheses may hold spaces and parentheses, so fields are counted from behind the last one: state is the first, the start the 20th.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z') return undefined;
    return {
      started: fields[19] ?? '',
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
    };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): Identity | undefined {
  const command = spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout?.trim();
  return command ? { started: '', command } : undefined;
}
