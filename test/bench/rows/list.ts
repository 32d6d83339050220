import { autocommit } from '@missions/persistence/transaction.ts';
import { listMissions } from '@missions/mission/store/list-missions.ts';
import { inProcess } from '../in-process.ts';
import { openMissions, plantMissions } from '../planted-missions.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, pairedRatio } from '../statistics.ts';

/** Each user has as many in both: what is measured is what everybody else's missions cost. */
const OF_EACH_USER = 1_000;
const USERS = 1_000;
const CONCURRENCY = 4;

export const row: Row = {
  about: 'list 50 of a user’s 1,000 missions, and search them for words, among 10⁶ of 1,000 users and alone',
  run: list,
};

async function list(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const [alone, among] = [await servers.database(), await servers.database()];
  const dbs = {
    'among 10³': await openMissions(bench, alone, CONCURRENCY),
    'among 10⁶': await openMissions(bench, among, CONCURRENCY),
  };
  await plantMissions(alone, { users: 1, ofEach: OF_EACH_USER });
  bench.say('planting a million missions');
  await plantMissions(among, { users: USERS, ofEach: OF_EACH_USER });
  let turn = 0;
  const contenders = Object.entries(dbs).flatMap(([name, db]) => {
    const users = name === 'among 10³' ? 1 : USERS;
    const user = (): string => `user-${(turn += 1) % users}`;
    const tx = autocommit(db);
    return [
      inProcess(`list ${name}`, CONCURRENCY, () => listMissions(tx, 'acme', user(), { limit: 50 })),
      inProcess(`search ${name}`, CONCURRENCY, () =>
        listMissions(tx, 'acme', user(), { q: `budget word${turn % 50}`, limit: 50 }),
      ),
    ];
  });
  const samples = await alternate(bench, contenders, { settle: servers.checkpoint });
  const ratio = (what: string) =>
    pairedRatio(series(samples, `${what} among 10⁶`, 'p50'), series(samples, `${what} among 10³`, 'p50'));
  return [
    ...[...samples.keys()].map((name): Finding => ({
      what: name,
      figure: median(series(samples, name, 'p50')),
      unit: 'ms',
    })),
    { what: 'list, 10⁶ ÷ 10³', ...ratio('list'), unit: '×', target: { atMost: 1.3 } },
    { what: 'search, 10⁶ ÷ 10³', ...ratio('search'), unit: '×', target: { atMost: 1.3 } },
  ];
}
