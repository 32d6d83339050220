import type { Sample } from '../load/order.ts';

/**
 * One flow for every contender: work begins, and waits for an answer; it is answered; it goes on. Each step counts when
 * it is durable.
 */
export interface Flow {
  /** Resolves when the work has begun and waits. */
  begin(id: string): Promise<void>;
  /** Resolves when the answer has come and the work has gone on, and both are recorded. */
  answer(id: string): Promise<void>;
}

/** What the process of a contender is told to do; it answers with a `Sample`. */
export interface PhaseOrder {
  /** `answer` takes what `begin` has begun, `cycle` does both. */
  phase: 'begin' | 'answer' | 'cycle';
  count: number;
  atOnce: number;
}

/** `ready` comes once, before any order; `failed` ends the process. */
export type Report = { ready: true } | { sample: Sample; firstError?: string } | { failed: string };
