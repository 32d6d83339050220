import { setTimeout as pause } from 'node:timers/promises';
import type { Sample } from '../load/order.ts';
import { percentile } from '../statistics.ts';
import type { Flow, PhaseOrder } from './order.ts';

/** A phase takes seconds; one that takes this long waits for something that will not come. */
const PHASE_MS = 120_000;

/** Resolves what somebody waits for, by its id. */
export class Gates {
  readonly #expected = new Map<string, () => void>();

  /** Called before the cause: what nobody expects yet opens nothing. */
  expect(id: string): Promise<void> {
    return new Promise((resolve) => this.#expected.set(id, resolve));
  }

  open(id: string): void {
    this.#expected.get(id)?.();
    this.#expected.delete(id);
  }
}

/** Carries out the orders of one contender. */
export class Performer {
  readonly #flow: Flow;
  readonly #begun: string[] = [];
  #made = 0;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** @throws Error when a phase does not end: a contender that forgets an answer is no contender. */
  async perform({ phase, count, atOnce }: PhaseOrder): Promise<{ sample: Sample; firstError?: string }> {
    const times: number[] = [];
    const faults: string[] = [];
    const step = this.#stepOf(phase);
    // Where a beginning failed there is nothing to answer; that fault has been counted.
    let left = phase === 'answer' ? Math.min(count, this.#begun.length) : count;
    const again = async (): Promise<void> => {
      while (left-- > 0) {
        const start = performance.now();
        await step().then(
          () => times.push(performance.now() - start),
          (error: unknown) => faults.push(String(error)),
        );
      }
    };
    const start = performance.now();
    const late = new AbortController();
    const limit = pause(PHASE_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`${phase}: ${times.length} of ${count} after ${PHASE_MS / 1000} s`);
    });
    try {
      await Promise.race([Promise.all(Array.from({ length: atOnce }, again)), limit]);
    } finally {
      late.abort();
      await limit.catch(() => {});
    }
    const seconds = (performance.now() - start) / 1000;
    const sample = {
      perSecond: times.length / seconds,
      requests: times.length,
      p50: percentile(times, 50),
      p99: percentile(times, 99),
      errors: faults.length,
    };
    return faults[0] === undefined ? { sample } : { sample, firstError: faults[0] };
  }

  #stepOf(phase: PhaseOrder['phase']): () => Promise<void> {
    const begin = async (): Promise<string> => {
      const id = `work-${process.pid}-${this.#made++}`;
      await this.#flow.begin(id);
      return id;
    };
    const steps: Record<PhaseOrder['phase'], () => Promise<void>> = {
      begin: async () => void this.#begun.push(await begin()),
      answer: async () => {
        await this.#flow.answer(this.#begun.shift() ?? '');
      },
      cycle: async () => this.#flow.answer(await begin()),
    };
    return steps[phase];
  }
}
