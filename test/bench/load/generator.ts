/**
 * The load generator, a process of its own: its work must not sit in an event loop that is measured. It takes an
 * `Order` over IPC and answers with an `Answer`. undici rather than autocannon: that counts latencies in whole
 * milliseconds, which is half of what some rows allow.
 */
import { randomUUID } from 'node:crypto';
import { createHistogram } from 'node:perf_hooks';
import { Client } from 'undici';
import type { Answer, Order } from './order.ts';

/** Time before the measurement in which connections are opened and responses are not counted. */
const LEAD_IN_MS = 300;

process.on('message', (order: Order) => {
  void drive(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      process.stderr.write(`load generator: ${String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

async function drive(order: Order): Promise<Answer> {
  const microseconds = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
  const run = randomUUID();
  const begin = performance.now() + LEAD_IN_MS;
  const end = begin + order.seconds * 1000;
  let sent = 0;
  let requests = 0;
  let answered = 0;
  let errors = 0;
  let firstError: string | undefined;

  const connection = async (): Promise<void> => {
    const client = new Client(order.origin, { pipelining: 1 });
    for (let now = performance.now(); now < end;) {
      sent += 1;
      const headers = order.idempotencyKeys ? { ...order.headers, 'idempotency-key': `${run}-${sent}` } : order.headers;
      const fault = await ask(client, order, headers);
      const done = performance.now();
      if (fault !== undefined) {
        errors += 1;
        firstError ??= fault;
      } else {
        requests += 1;
        if (now >= begin && done <= end) {
          answered += 1;
          microseconds.record(Math.max(1, Math.round((done - now) * 1000)));
        }
      }
      now = done;
    }
    await client.destroy();
  };
  await Promise.all(Array.from({ length: order.connections }, connection));

  const milliseconds = (percentile: number): number =>
    answered === 0 ? NaN : microseconds.percentile(percentile) / 1000;
  return {
    perSecond: answered / order.seconds,
    requests,
    p50: milliseconds(50),
    p99: milliseconds(99),
    errors,
    ...(firstError === undefined ? {} : { firstError }),
  };
}

/** Returns undefined for a good response, else the fault. A refused connection counts like a wrong response. */
async function ask(client: Client, order: Order, headers: Record<string, string>): Promise<string | undefined> {
  try {
    const answer = await client.request({ path: order.path, method: order.method, headers, body: order.body ?? null });
    if (answer.statusCode === order.expect) {
      await answer.body.dump();
      return undefined;
    }
    return `${answer.statusCode} ${await answer.body.text()}`;
  } catch (error) {
    return String(error);
  }
}
