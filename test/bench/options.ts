import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  /** Names of rows; empty means all but `peers`. */
  rows: string[];
  rounds: number;
  /** Measured seconds of each contender in each round. */
  seconds: number;
  warmup: number;
  connections: number;
  /** Minutes for all rows together: a row begins no further round after its share of the remaining time. */
  minutes: number;
  /** Compare with Restate and DBOS, which are installed for it. */
  peers: boolean;
  /** A folder for V8 CPU profiles of every program that is measured; profiling slows them. */
  profile?: string;
}

/**
 * Twenty contenders measure for four to five minutes so; starting and planting come on top, and take longer the busier the
 * machine is. `minutes` bounds the whole: a row whose share is over ends after two rounds at the least. Without it,
 * and with rounds of 3 s, all rows took 18 minutes on two cores that others kept busy eight times over.
 */
const defaults = { rounds: 5, seconds: 2, warmup: 3, connections: 32, minutes: 8 };

export const usage = `usage: npm run bench -- [row…] [--rounds ${defaults.rounds}] [--seconds ${defaults.seconds}] [--warmup ${defaults.warmup}] [--connections ${defaults.connections}] [--minutes ${defaults.minutes}] [--peers] [--profile <folder>]`;

/** The row that needs the registry, and is therefore measured only if it is asked for. */
const PEERS = 'peers';

/** The rows in the order in which they are measured. */
export function rowsOf({ rows, peers }: Pick<Options, 'rows' | 'peers'>, known: readonly string[]): string[] {
  if (peers) return [...rows.filter((row) => row !== PEERS), PEERS];
  return rows.length > 0 ? [...rows] : known.filter((row) => row !== PEERS);
}

/** Throws with a sentence for the person at the terminal. */
export function readOptions(args: string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      warmup: { type: 'string' },
      connections: { type: 'string' },
      minutes: { type: 'string' },
      peers: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const unknown = positionals.filter((row) => !known.includes(row));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const number = (name: keyof typeof defaults, least: number): number => {
    const value = Number(values[name] ?? defaults[name]);
    if (!Number.isFinite(value) || value < least) throw new Error(`--${name} needs a number of at least ${least}`);
    return value;
  };
  return {
    rows: positionals,
    rounds: Math.trunc(number('rounds', 1)),
    seconds: number('seconds', 0.1),
    warmup: number('warmup', 0),
    connections: Math.trunc(number('connections', 1)),
    minutes: number('minutes', 0),
    peers: values.peers,
    ...(values.profile !== undefined && { profile: resolve(values.profile) }),
  };
}
