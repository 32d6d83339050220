import { join } from 'node:path';
import { countRows, shapeDifference } from '../inspect.ts';
import type { Order } from '../load/order.ts';
import { residentMemory } from '../machine.ts';
import { startMonolith } from '../monolith.ts';
import { costed } from '../processor.ts';
import { type Product, startProduct } from '../product.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Contender, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, pairedRatio } from '../statistics.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
/** Of the mission service, and so of the reference programs. */
const POOL_SIZE = 10;

const PATH = '/api/internal/missions';
const headers = { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json' };
const body = JSON.stringify({
  title: 'Schedule a meeting with Sarah and John about the Q1 budget',
  description: 'Check my calendar, e-mail both, find the slot, ask me to approve it, book it.',
  user_id: 'user-1',
  agent_id: 'agent-1',
  conversation_id: 'conversation-1',
  priority: 'high',
  metadata: { source: 'chat', channel: 'web' },
});

export const row: Row = {
  about:
    'create a mission through gateway → NATS → mission service, 4 rows, against monoliths that write the same rows',
  run: create,
};

async function create(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const { folder } = servers;
  const databases = {
    product: await servers.database(),
    'without relay': await servers.database(),
    typical: await servers.database(),
    good: await servers.database(),
  };
  const started = { secret: SECRET, folder };
  const nats = { product: await servers.nats(), 'without relay': await servers.nats() };
  const product = await startProduct({ ...started, name: 'product', database: databases.product, nats: nats.product });
  product.programs.forEach((program) => bench.after(program.stop));
  const silent = await startProduct({
    ...started,
    name: 'without-relay',
    database: databases['without relay'],
    nats: nats['without relay'],
    mission: { RELAY: 'off' },
  });
  silent.programs.forEach((program) => bench.after(program.stop));
  const origins: Record<string, string> = { product: product.origin, 'without relay': silent.origin };
  const processes: Record<string, Record<string, number>> = {
    product: { ...pidsOf(product), nats: nats.product.pid },
    'without relay': { ...pidsOf(silent), nats: nats['without relay'].pid },
  };
  for (const kind of ['typical', 'good'] as const) {
    const monolith = await startMonolith(
      kind,
      databases[kind].adminUrl,
      SECRET,
      POOL_SIZE,
      join(folder, `${kind}.log`),
    );
    bench.after(monolith.program.stop);
    origins[kind] = monolith.origin;
    processes[kind] = { monolith: monolith.program.pid };
  }

  await compareAnswers(bench, origins);
  const contenders = Object.entries(origins).map(([name, origin]) =>
    costed(contender(bench, name, origin), { ...processes[name], postgres: servers.postgresPid }),
  );
  const samples = await alternate(bench, contenders, { settle: servers.checkpoint });
  for (const { name, cost } of contenders) {
    const { all, each } = cost();
    bench.say(
      `${name} took ${all.toFixed(2)} processor ms per creation: ${Object.entries(each)
        .map(([process, ms]) => `${process} ${ms.toFixed(2)}`)
        .join(', ')}`,
    );
  }
  for (const [name, database] of Object.entries(databases)) {
    const rows = await countRows(database.adminUrl, name === 'typical' || name === 'good' ? 'public' : 'mission');
    bench.say(
      `${name} wrote ${Object.entries(rows)
        .map(([table, count]) => `${table} ${count}`)
        .join(', ')}`,
    );
  }

  const perSecond = (name: string): number[] => series(samples, name, 'perSecond');
  const against = (what: string, other: string, target: Finding['target']): Finding => {
    const { figure, spread } = pairedRatio(perSecond('product'), perSecond(other));
    return { what, figure, spread, unit: '×', ...(target ? { target } : {}) };
  };
  const tail = pairedRatio(series(samples, 'product', 'p99'), series(samples, 'typical', 'p99'));
  return [
    ...Object.keys(origins).map((name): Finding => ({ what: name, figure: median(perSecond(name)), unit: '/s' })),
    against('product ÷ typical', 'typical', { atLeast: 1.8 }),
    against('product ÷ good', 'good', { atLeast: 0.7 }),
    { what: 'p99, product ÷ typical', ...tail, unit: '×', target: { atMost: 0.7 } },
    against('relay on ÷ off', 'without relay', { atLeast: 0.8 }),
    {
      what: 'memory of the good monolith',
      figure: residentMemory(processes['good']?.['monolith'] ?? 0)?.now ?? NaN,
      unit: 'MB',
    },
    ...product.programs.map((program): Finding => ({
      what: `memory of ${program.service}`,
      figure: residentMemory(program.pid)?.now ?? NaN,
      unit: 'MB',
      target: { atMost: 120 },
    })),
  ];
}

const order = (bench: Bench, origin: string, seconds: number): Order => ({
  origin,
  path: PATH,
  method: 'POST',
  headers,
  body,
  seconds,
  connections: bench.options.connections,
  expect: 201,
  idempotencyKeys: true,
});

const contender = (bench: Bench, name: string, origin: string): Contender => ({
  name,
  round: (seconds) => bench.load.drive(order(bench, origin, seconds)),
});

const pidsOf = ({ programs }: Product): Record<string, number> =>
  Object.fromEntries(programs.map(({ service, pid }) => [service, pid]));

/**
 * One creation each before any load: a contender whose response differs from the product's is no reference, and the run
 * says so.
 */
async function compareAnswers(bench: Bench, origins: Record<string, string>): Promise<void> {
  const answers: Record<string, unknown> = {};
  for (const [name, origin] of Object.entries(origins)) {
    const answer = await fetch(`${origin}${PATH}`, {
      method: 'POST',
      body,
      headers: { ...headers, 'idempotency-key': `first-${name}` },
    });
    if (answer.status !== 201) throw new Error(`${name} answered ${answer.status}: ${await answer.text()}`);
    answers[name] = await answer.json();
  }
  for (const [name, answer] of Object.entries(answers)) {
    const differences = shapeDifference(answers['product'], answer);
    if (differences.length > 0)
      bench.say(`NOTE: the answers of product and ${name} differ in shape: ${differences.join(', ')}`);
  }
}
