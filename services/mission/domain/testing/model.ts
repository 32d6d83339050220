import type { ErrorCode } from '@missions/contracts/errors.ts';
import type { Pauser, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';

/**
 * A mission as specification section 4 tells it, in the plainest words that will do: mutable, without times, ids or
 * history, and sharing nothing with the domain. Properties drive both with the same modelCommands and compare what each
 * says.
 */
export interface Model {
  title: string;
  /** Where the engine stands beneath its waits. */
  base: 'planning' | 'executing';
  end: null | 'completed' | 'failed';
  /** The phase it had when it was cancelled. */
  cancelled: string | null;
  paused: Pauser | null;
  outcome: string | null;
  fence: number;
  tasks: ModelTask[];
  /** Oldest first. */
  waits: ModelWait[];
  /** Entries that change nothing else. */
  logEntries: number;
}

export interface ModelTask {
  title: string;
  status: TaskStatus;
  after: string[];
  attempt: number;
  /** It was made only to wait, for this. */
  waitsFor: { key: string; completes: boolean; any: boolean; fails: boolean } | null;
}

export interface ModelWait {
  task: string | null;
  key: string;
  completes: boolean;
  any: boolean;
  /** When its deadline passes, its task does; else it goes on. */
  fails: boolean;
}

export type ModelCommand =
  | { do: 'status'; task: string; to: TaskStatus; by: Pauser }
  | { do: 'wait'; task: string; key: string; to?: TaskStatus; by: Pauser }
  | { do: 'free'; task: string; to?: TaskStatus; by: Pauser }
  | { do: 'depend'; task: string; after: string[]; by: Pauser }
  | { do: 'add'; tasks: { title: string; after: string[]; waitsFor: ModelTask['waitsFor'] }[]; by: Pauser }
  | { do: 'mission'; step: ModelStep; by: Pauser }
  | { do: 'waitAll'; key: string; by: Pauser }
  | { do: 'freeAll'; by: Pauser }
  | { do: 'signal'; wait: number; final: boolean; by: Pauser }
  | { do: 'ask'; task: string | null; question: string; fails: boolean; by: Pauser }
  /** To the `wait`-th of all waits; only a question takes an answer, and only what has a deadline times out. */
  | { do: 'answer'; wait: number; by: Pauser }
  | { do: 'timeOut'; wait: number; by: Pauser }
  /** A mail whose replies are waited for. */
  | { do: 'mail'; task: string | null; mail: string; any: boolean; fails: boolean; by: Pauser }
  /** Nobody could be reached by the mail that the `wait`-th waits for: whatever waits for it comes to nothing. */
  | { do: 'unreachable'; wait: number; by: Pauser }
  | { do: 'received'; task: string; by: Pauser }
  | { do: 'retryAll'; by: Pauser }
  | { do: 'rename'; title: string; by: Pauser }
  | { do: 'resume'; by: Pauser }
  | { do: 'log'; by: Pauser };

export type ModelStep = 'execute' | 'replan' | 'complete' | 'fail' | 'cancel' | 'pause' | 'unpause';
export type Verdict = 'moved' | 'ignored' | ErrorCode;

export const phaseOf = (m: Model): string => m.cancelled ?? m.end ?? (m.waits.length > 0 ? 'waiting' : m.base);
export const statusOf = (m: Model): string =>
  m.cancelled ? 'cancelled' : (m.end ?? (m.paused ? 'paused' : m.waits.length > 0 ? 'waiting' : 'active'));
