import { flow, poster } from '../flow.ts';
import { type GoneOn, listenForGoneOn } from '../gone-on.ts';
import { costed } from '../processor.ts';
import { startBehind, startProduct } from '../product.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Contender, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { keptBytes, transientTables } from '../stored-bytes.ts';
import { median, range } from '../statistics.ts';
import { addWal, walReader } from '../wal.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
const USERS = 20;
/** The mission's version when it has been created and asked about. */
const ASKED = 2;
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

  const goneOn = await listenForGoneOn(bench, nats.urlFor('gateway'), {
    users: Array.from({ length: USERS }, (_, user) => `user-${user}`),
    after: ASKED,
  });
  const several = `${bench.options.connections} in flight`;
  const wal = await walReader(database.adminUrl);
  bench.after(() => wal.end());
  const written = new Map<string, number>();
  const empty = await keptBytes(database.adminUrl, nats.urlFor('operator'));
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
  const full = await keptBytes(database.adminUrl, nats.urlFor('operator'));
  const kilobytes = (what: keyof typeof full): number => (full[what] - empty[what]) / cycles / 1000;
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
    { what: 'a mission in tables, as long as it is kept', figure: kilobytes('lasting'), unit: 'KB' },
    { what: `a mission in ${transientTables}`, figure: kilobytes('transient'), unit: 'KB' },
    { what: 'a mission in streams', figure: kilobytes('streams'), unit: 'KB' },
  ];
}

function contender(
  name: string,
  atOnce: number,
  { origin, goneOn }: { readonly origin: string; readonly goneOn: GoneOn },
): Contender {
  const post = poster(origin, SECRET);
  let users = 0;
  return flow(name, atOnce, async () => {
    const user = `user-${users++ % USERS}`;
    const tasks = [{ title: 'Ask me to approve it' }, { title: 'Book it' }, { title: 'Tell everybody' }];
    const mission = await post('/api/internal/missions', user, { title: 'Schedule a meeting', user_id: user, tasks });
    const { request_id } = await post(`/api/internal/missions/${mission.id}/input-requests`, user, {
      prompt: 'Tuesday at ten?',
      options: [{ id: 'yes', label: 'Yes' }],
      task_id: mission.tasks[0].id,
    });
    await Promise.all([
      goneOn(mission.id),
      post(`/api/v1/input-requests/${request_id}/respond`, user, { selected_option: 'yes' }),
    ]);
  });
}
