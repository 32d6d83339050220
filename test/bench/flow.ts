import type { Contender } from './row.ts';
import { percentile } from './statistics.ts';

/** A contender that is a flow of several steps: so many at once, each begun again as soon as it is done. */
export function flow(name: string, atOnce: number, one: () => Promise<void>): Contender {
  return {
    name,
    async round(seconds) {
      const milliseconds: number[] = [];
      let errors = 0;
      const start = performance.now();
      const end = start + seconds * 1000;
      const again = async (): Promise<void> => {
        while (performance.now() < end) {
          const begin = performance.now();
          await one().then(
            () => milliseconds.push(performance.now() - begin),
            () => errors++,
          );
        }
      };
      await Promise.all(Array.from({ length: atOnce }, again));
      const took = (performance.now() - start) / 1000;
      return {
        perSecond: milliseconds.length / took,
        requests: milliseconds.length,
        p50: percentile(milliseconds, 50),
        p99: percentile(milliseconds, 99),
        errors,
      };
    },
  };
}

/** Calls of the backend, each with a key of its own. They resolve with the body. */
export type Post = (path: string, user: string, body: object) => Promise<any>;

export const poster =
  (origin: string, secret: string): Post =>
  async (path, user, body) => {
    const response = await fetch(origin + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${secret}`,
        'content-type': 'application/json',
        'x-user-id': user,
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the product answered ${response.status}: ${text}`);
    return JSON.parse(text);
  };
