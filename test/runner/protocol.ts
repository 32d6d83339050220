import type { Counts } from './closing.ts';

/** The first argument of a spec process, as JSON. */
export interface SpecSettings {
  /** A pattern of full titles. */
  grep?: string;
  timeoutMs: number;
  /** Time that a spec process has to end by itself after its last file. */
  leakMs: number;
  color: boolean;
  /** Of every random choice; see test/support/random.ts. */
  seed: number;
  /** Leaves out long repetitions; see quick.ts. */
  quick: boolean;
  /** Measures what each file uses of the processors; see processor-time.ts. */
  slow: boolean;
}

/** From `test/run.ts` to a spec process, once it is ready and after each result. */
export type Order = { kind: 'run'; file: string } | { kind: 'end' };

/** From a spec process to `test/run.ts`. `end`: shared servers are stopped, and the process is about to leave. */
export type Report = { kind: 'ready' } | { kind: 'file'; result: FileResult } | { kind: 'end' };

export interface FileResult {
  file: string;
  counts: Counts;
  failures: Failure[];
  ms: number;
  /** Of processors, by the process and those that it started; measured for `slow`, where there is a /proc. */
  processorSeconds?: number;
}

export interface Failure {
  /** Full title of the test or hook. */
  title: string;
  /** The lines of the error's message, without blank ones. */
  reason: string[];
}
