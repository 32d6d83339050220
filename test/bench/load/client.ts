import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Order, Sample } from './order.ts';

export interface Load {
  /** One round against one address, one at a time. */
  drive(order: Order): Promise<Sample>;
  stop(): Promise<void>;
}

export function startLoad(say: (line: string) => void): Load {
  const generator: ChildProcess = fork(new URL('./generator.ts', import.meta.url));
  return {
    async drive(order) {
      generator.send(order);
      const ended = new AbortController();
      const [answer] = (await Promise.race([
        once(generator, 'message', ended),
        once(generator, 'exit', ended).then(([code]) =>
          Promise.reject(new Error(`the load generator ended with code ${code}`)),
        ),
      ]).finally(() => ended.abort())) as [Answer];
      if (answer.firstError !== undefined)
        say(`${order.method} ${order.path}: ${answer.errors} errors; the first: ${answer.firstError.slice(0, 300)}`);
      return answer;
    },
    async stop() {
      if (generator.exitCode !== null) return;
      const exit = once(generator, 'exit');
      generator.disconnect();
      await exit;
    },
  };
}
