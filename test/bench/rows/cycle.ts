import { setTimeout as pause } from 'node:timers/promises';
import { connectBus } from '@missions/messaging/connect.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { costed } from '../processor.ts';
import { startBehind, startProduct } from '../product.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Contender, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, percentile, range } from '../statistics.ts';
import { addWal, walReader } from '../wal.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
const USERS = 20;
/** The mission's version when it has been created and asked about. */
const ASKED = 2;
/** A mission that has not gone on by then is counted as an error. */
const GONE_ON_MS = 20_000;
const ONE = 'one in flight';

export const row: Row = {
  about:
    'a whole cycle: create a mission of three tasks, ask its user, answer, and gone on, through gateway, all services and streams',
  run: cycle,
};

async function cycle(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const { folder } = servers;
  const database = await servers.database();
  const nats = await servers.nats();
  const product = await startProduct({ name: 'product', database, nats, secret: SECRET, folder });
  product.programs.forEach((program) => bench.after(program.stop));
  const behind = [];
  for (const service of ['approval', 'scheduler'] as const) {
    behind.push(await startBehind(service, { database, nats, folder }));
    bench.after(behind.at(-1)?.stop ?? (() => {}));
  }
  const programs = [...product.programs, ...behind];
  const pids = {
    postgres: servers.postgresPid,
    nats: nats.pid,
    ...Object.fromEntries(programs.map(({ service, pid }) => [service, pid])),
  };

  const goneOn = await listen(bench, nats.urlFor('gateway'));
  const several = `${bench.options.connections} in flight`;
  const wal = await walReader(database.adminUrl);
  bench.after(() => wal.end());
  const written = new Map<string, number>();
  let cycles = 0;
  const contenders = [1, bench.options.connections].map((atOnce) =>
    costed(contender(atOnce === 1 ? ONE : several, atOnce, { origin: product.origin, goneOn }), pids),
  );
  const measured = contenders.map((one) => ({
    ...one,
    async round(seconds: number) {
      const before = await wal.read();
      const sample = await one.round(seconds);
      addWal(written, before, await wal.read());
      cycles += sample.requests;
      return sample;
    },
  }));
  const samples = await alternate(bench, measured, { settle: servers.checkpoint });

  const [, busy] = contenders;
  const { all = NaN, each = {} } = busy?.cost() ?? {};
  const figures = (of: Iterable<[string, number]>, divisor = 1): string =>
    [...of].map(([name, figure]) => `${name} ${(figure / divisor).toFixed(2)}`).join(', ');
  bench.say(`processor ms per cycle, ${several}: ${all.toFixed(2)} (${figures(Object.entries(each))})`);
  bench.say(`KB of write-ahead log per cycle, by role: ${figures(written, cycles * 1000)}`);
  const [perSecond, p50, p99] = [
    series(samples, several, 'perSecond'),
    series(samples, ONE, 'p50'),
    series(samples, several, 'p99'),
  ];
  return [
    { what: `cycles, ${several}`, figure: median(perSecond), spread: range(perSecond), unit: '/s' },
    { what: `p99, ${several}`, figure: median(p99), spread: range(p99), unit: 'ms' },
    { what: `p50, ${ONE}`, figure: median(p50), spread: range(p50), unit: 'ms' },
    { what: 'processor per cycle', figure: all, unit: 'ms', target: { atMost: 4 } },
  ];
}

/** Resolves, for a mission that was asked about, when its transaction has committed that lets it go on. */
type GoneOn = (missionId: string) => Promise<void>;

/** The hint that a mission has changed goes out when its transaction has committed. */
async function listen(bench: Bench, url: string): Promise<GoneOn> {
  const bus = await connectBus({
    servers: url,
    name: 'gateway',
    logger: createLogger({ service: 'bench', level: 'error' }),
  });
  bench.after(() => bus.drain());
  const waiting = new Map<string, () => void>();
  for (let user = 0; user < USERS; user++)
    bus.onNotification('default', `user-${user}`, (hint) => {
      const { mission_id = '', version = 0 } = hint as { mission_id?: string; version?: number };
      if (version > ASKED) waiting.get(mission_id)?.();
    });
  await bus.flush();
  return async (missionId) => {
    const late = new AbortController();
    const resumed = new Promise<void>((resolve) => waiting.set(missionId, resolve));
    const limit = pause(GONE_ON_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`mission ${missionId} has not gone on`);
    });
    try {
      await Promise.race([resumed, limit]);
    } finally {
      waiting.delete(missionId);
      late.abort();
      await limit.catch(() => {});
    }
  };
}

function contender(
  name: string,
  atOnce: number,
  { origin, goneOn }: { readonly origin: string; readonly goneOn: GoneOn },
): Contender {
  let users = 0;
  const one = async (): Promise<void> => {
    const user = `user-${users++ % USERS}`;
    const call = async (path: string, body: object): Promise<any> => {
      const response = await fetch(origin + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${SECRET}`,
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
    const tasks = [{ title: 'Ask me to approve it' }, { title: 'Book it' }, { title: 'Tell everybody' }];
    const mission = await call('/api/internal/missions', { title: 'Schedule a meeting', user_id: user, tasks });
    const { request_id } = await call(`/api/internal/missions/${mission.id}/input-requests`, {
      prompt: 'Tuesday at ten?',
      options: [{ id: 'yes', label: 'Yes' }],
      task_id: mission.tasks[0].id,
    });
    await Promise.all([
      goneOn(mission.id),
      call(`/api/v1/input-requests/${request_id}/respond`, { selected_option: 'yes' }),
    ]);
  };
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
