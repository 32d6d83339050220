import { createHistogram } from 'node:perf_hooks';
import type { Contender } from './row.ts';

/** A contender that is a function called in this process: so many at once, each again as soon as it is done. */
export function inProcess(name: string, concurrency: number, call: () => Promise<unknown>): Contender {
  return {
    name,
    async round(seconds) {
      const microseconds = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
      const begin = performance.now();
      const end = begin + seconds * 1000;
      let requests = 0;
      let done = 0;
      const again = async (): Promise<void> => {
        for (let start = performance.now(); start < end;) {
          await call();
          requests += 1;
          const now = performance.now();
          if (now <= end) {
            done += 1;
            microseconds.record(Math.max(1, Math.round((now - start) * 1000)));
          }
          start = now;
        }
      };
      await Promise.all(Array.from({ length: concurrency }, again));
      return {
        perSecond: done / seconds,
        requests,
        p50: microseconds.percentile(50) / 1000,
        p99: microseconds.percentile(99) / 1000,
        errors: 0,
      };
    },
  };
}
