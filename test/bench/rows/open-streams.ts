import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { residentMemory } from '../machine.ts';
import { processorTime } from '../processor.ts';
import { startProduct } from '../product.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
const USERS = 200;
const STREAMS_OF_USER = 10;
/** The sweep of streams every 15 s, and what a start has left to collect, fall into this time. */
const IDLE_S = 20;

export const row: Row = {
  about: `${USERS * STREAMS_OF_USER} event streams of ${USERS} users, open with nothing to say: memory and processor of the gateway`,
  run: openStreams,
};

async function openStreams(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const [database, nats] = [await servers.database(), await servers.nats()];
  const product = await startProduct({ name: 'product', database, nats, secret: SECRET, folder: servers.folder });
  product.programs.forEach((program) => bench.after(program.stop));
  const gateway = product.programs.find(({ service }) => service === 'gateway')?.pid ?? 0;
  const requests: http.ClientRequest[] = [];
  bench.after(() => requests.forEach((request) => request.destroy()));

  const open = async (user: string): Promise<void> => {
    const request = http.get(`${product.origin}/api/v1/stream`, {
      headers: { authorization: `Bearer ${SECRET}`, 'x-user-id': user, accept: 'text/event-stream' },
      agent: false,
    });
    requests.push(request);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    if (response.statusCode !== 200)
      throw new Error(`a stream was refused: ${response.statusCode} ${await text(response)}`);
    response.on('error', () => {}).resume();
  };
  // The first streams load code and fill pools, which is not what a stream costs.
  await Promise.all(Array.from({ length: STREAMS_OF_USER }, () => open('first')));
  const measure = async (): Promise<{ megabytes: number; milliseconds: number }> => {
    const before = processorTime(gateway);
    await pause(IDLE_S * 1000);
    const now = residentMemory(gateway)?.now;
    return { megabytes: now ?? NaN, milliseconds: (processorTime(gateway) - before) / IDLE_S };
  };
  const few = await measure();
  const start = performance.now();
  for (let user = 0; user < USERS; user += 1)
    await Promise.all(Array.from({ length: STREAMS_OF_USER }, () => open(`user-${user}`)));
  const seconds = (performance.now() - start) / 1000;
  const many = await measure();
  const count = USERS * STREAMS_OF_USER;
  return [
    { what: `${count} streams opened`, figure: count / seconds, unit: '/s' },
    { what: 'memory of the gateway with few', figure: few.megabytes, unit: 'MB' },
    { what: `memory of the gateway with ${count} more`, figure: many.megabytes, unit: 'MB' },
    { what: 'memory of a stream', figure: ((many.megabytes - few.megabytes) * 1000) / count, unit: 'KB' },
    {
      what: `processor per second of ${count} idle streams`,
      figure: many.milliseconds - few.milliseconds,
      unit: 'ms',
    },
  ];
}
