import { listMissions } from '@missions/mission/store/list-missions.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { inProcess } from '../in-process.ts';
import { openMissions, plantMissions } from '../planted-missions.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, pairedRatio } from '../statistics.ts';

const MANY = 100_000;
const FEW = 60;
const CONCURRENCY = 4;
/** Each filter leaves a third of the missions (`plantMissions`), so that all lists have as many rows in both. */
const LIMIT = FEW / 3;

const lists: Record<string, Parameters<typeof listMissions>[3]> = {
  'by -created_at': {},
  'by -updated_at': { sort: '-updated_at' },
  'by -priority': { sort: '-priority' },
  'by due_at': { sort: 'due_at' },
  'that need attention': { needs_attention: true },
  'that wait': { phase: ['waiting'] },
  'that wait, by -updated_at': { phase: ['waiting'], sort: '-updated_at' },
};

export const row: Row = {
  about: `list ${LIMIT} missions in each order and by the page's filters, of a user with ${MANY} and of one with ${FEW}`,
  run: listOrders,
};

async function listOrders(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const names = Object.keys(lists);
  const contenders = [];
  for (const count of [FEW, MANY]) {
    const database = await servers.database();
    const tx = autocommit(await openMissions(bench, database, CONCURRENCY));
    bench.say(`planting ${count} missions`);
    await plantMissions(database, { users: 1, ofEach: count });
    for (const name of names)
      contenders.push(
        inProcess(`${name}, of ${count}`, CONCURRENCY, () =>
          listMissions(tx, 'acme', 'user-0', { ...lists[name], limit: LIMIT }),
        ),
      );
  }
  const samples = await alternate(bench, contenders, { settle: servers.checkpoint });
  const timesOf = (name: string, count: number): number[] => series(samples, `${name}, of ${count}`, 'p50');
  return [
    ...names.map((name): Finding => ({ what: `${name}, of ${MANY}`, figure: median(timesOf(name, MANY)), unit: 'ms' })),
    ...names.map((name): Finding => ({
      what: `${name}, ${MANY} ÷ ${FEW}`,
      ...pairedRatio(timesOf(name, MANY), timesOf(name, FEW)),
      unit: '×',
      target: { atMost: 1.5 },
    })),
  ];
}
