import type { Options } from './options.ts';
import type { Load } from './load/client.ts';
import type { Sample } from './load/order.ts';

/** One of the programs that a row compares. */
export interface Contender {
  name: string;
  round(seconds: number): Promise<Sample>;
}

/** A figure of the closing table. Without a target it is there for information. */
export interface Finding {
  what: string;
  figure: number;
  /** How the figure reads: `×` a ratio, `/s`, `ms`, `s`, `KB`, `MB`; nothing for a count. */
  unit: '×' | '/s' | 'ms' | 's' | 'KB' | 'MB' | '';
  /** Range of the figure over the rounds; a wide range shows that the machine was busy with other work. */
  spread?: readonly [lowest: number, highest: number];
  target?: { atLeast: number } | { atMost: number };
}

export interface Bench {
  options: Options;
  /** End of the row's share of the time, in the milliseconds of `performance.now`. */
  deadline: number;
  load: Load;
  say(line: string): void;
  /** Registers a clean-up; they run in reverse order when the row has ended, however it ended. */
  after(stop: (failed: boolean) => Promise<void> | void): void;
}

/** One row of the table of targets. A file in `rows/` exports one as `row`; its name is the file's. */
export interface Row {
  about: string;
  run(bench: Bench): Promise<Finding[]>;
}
