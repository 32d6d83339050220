import type { Around } from './program.ts';

/** What came of a command: a document for scripts, the same for people, and what went wrong. */
export interface Outcome {
  code: number;
  value?: unknown;
  text?: string;
  problems?: readonly string[];
}

export interface Command {
  /** Without `missions`. */
  usage: readonly string[];
  about: string;
  /** `args` without the command and without `--json`. */
  run(args: readonly string[], around: Around, json: boolean): Promise<Outcome>;
}
