import { connectBus } from '@missions/messaging/connect.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { startBehind, startProduct } from '../product.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Contender, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, range } from '../statistics.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
const headers = { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json', 'x-user-id': 'user-1' };
const MANY = 16;
const ONE = 'one in flight';
const SEVERAL = `${MANY} in flight`;
/** The mission's version when it has been created and asked about. */
const ASKED = 2;

export const row: Row = {
  about:
    'answer a question: from the user’s call until the mission has resumed, through gateway → approval → stream → mission',
  run: answer,
};

async function answer(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const database = await servers.database();
  const nats = await servers.nats();
  const product = await startProduct({ name: 'product', database, nats, secret: SECRET, folder: servers.folder });
  product.programs.forEach((program) => bench.after(program.stop));
  for (const service of ['approval', 'scheduler'] as const)
    bench.after((await startBehind(service, { database, nats, folder: servers.folder })).stop);

  const call = async (path: string, body: object): Promise<any> => {
    const response = await fetch(product.origin + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`the product answered ${response.status}: ${text}`);
    return JSON.parse(text);
  };

  // The hint that a mission has changed goes out when its transaction has committed: it is how the users' stream
  // learns of it.
  const bus = await connectBus({
    servers: nats.urlFor('gateway'),
    name: 'gateway',
    logger: createLogger({ service: 'bench', level: 'error' }),
  });
  bench.after(() => bus.drain());
  const resuming = new Map<string, () => void>();
  bus.onNotification('default', 'user-1', (hint) => {
    const { mission_id = '', version = 0 } = hint as { mission_id?: string; version?: number };
    if (version > ASKED) resuming.get(mission_id)?.();
  });
  await bus.flush();

  const ask = async (): Promise<Asked> => {
    const { id, tasks } = await call('/api/internal/missions', {
      title: 'Schedule a meeting',
      user_id: 'user-1',
      tasks: [{ title: 'Ask me to approve it' }],
    });
    const { request_id } = await call(`/api/internal/missions/${id}/input-requests`, {
      prompt: 'Tuesday at ten?',
      options: [{ id: 'yes', label: 'Yes' }],
      task_id: tasks[0].id,
    });
    return { mission: id, request: request_id };
  };
  /** Responds to an input request, and returns the milliseconds until its mission had resumed. */
  const respond = async ({ mission, request }: Asked): Promise<number> => {
    const resumed = new Promise<void>((resolve) => resuming.set(mission, resolve));
    const start = performance.now();
    await Promise.all([resumed, call(`/api/v1/input-requests/${request}/respond`, { selected_option: 'yes' })]);
    resuming.delete(mission);
    return performance.now() - start;
  };
  const contenders = [contender(ONE, 1, 50, { ask, respond }), contender(SEVERAL, MANY, 100, { ask, respond })];
  const samples = await alternate(bench, contenders, { settle: servers.checkpoint });
  const [p50, p99, rate] = [
    series(samples, ONE, 'p50'),
    series(samples, ONE, 'p99'),
    series(samples, SEVERAL, 'perSecond'),
  ];
  return [
    {
      what: 'answer → resumed, one in flight, p50',
      figure: median(p50),
      unit: 'ms',
      spread: range(p50),
      target: { atMost: 4 },
    },
    {
      what: 'answer → resumed, one in flight, p99',
      figure: median(p99),
      unit: 'ms',
      spread: range(p99),
      target: { atMost: 10 },
    },
    { what: `answered and resumed, ${MANY} in flight`, figure: median(rate), unit: '/s', spread: range(rate) },
  ];
}

interface Asked {
  mission: string;
  request: string;
}

/**
 * Answers `perSecond` questions for each second asked for; they are asked beforehand, so that only the answering is
 * timed.
 */
function contender(
  name: string,
  atOnce: number,
  perSecond: number,
  { ask, respond }: { ask: () => Promise<Asked>; respond: (asked: Asked) => Promise<number> },
): Contender {
  return {
    name,
    async round(seconds) {
      const count = Math.ceil(seconds * perSecond);
      const asked: Asked[] = [];
      const times: number[] = [];
      let asking = count;
      await inTurns(8, async () => asking-- > 0 && asked.push(await ask()) > 0);
      const begin = performance.now();
      await inTurns(atOnce, async () => {
        const next = asked.pop();
        return next !== undefined && times.push(await respond(next)) > 0;
      });
      const elapsed = (performance.now() - begin) / 1_000;
      return {
        perSecond: count / elapsed,
        requests: count,
        p50: quantile(times, 0.5),
        p99: quantile(times, 0.99),
        errors: 0,
      };
    },
  };
}

/** So many at once, each again until it says that there is no more. */
async function inTurns(atOnce: number, step: () => Promise<boolean>): Promise<void> {
  const worker = async (): Promise<void> => {
    while (await step());
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
