import { migrate } from '@missions/persistence/migrate.ts';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { missionEntities } from '@missions/mission/store/entities.ts';
import { listMissions } from '@missions/mission/store/list-missions.ts';
import { missionMigrations } from '@missions/mission/store/migrations.ts';
import { searchDocument } from '@missions/mission/store/search.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { Client } from 'pg';
import { inProcess } from '../in-process.ts';
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
  const dbs = { 'among 10³': await open(bench, alone), 'among 10⁶': await open(bench, among) };
  await plant(alone, 1);
  bench.say('planting a million missions');
  await plant(among, USERS);
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

async function open(bench: Bench, database: TestDatabase): Promise<Database> {
  const logger = createLogger({ service: 'bench', level: 'error' });
  const db = await openDatabase({
    url: database.urlFor('mission'),
    schema: 'mission',
    entities: missionEntities,
    migrations: missionMigrations,
    logger,
    poolSize: CONCURRENCY,
  });
  bench.after(() => db.close());
  await migrate(db);
  return db;
}

/**
 * Rows as the service writes them, straight into the table: a user's missions lie scattered among everybody's, as
 * time would have put them.
 */
async function plant(database: TestDatabase, users: number): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    await client.query(
      `insert into mission.mission (id, customer_id, user_id, title, description, origin_conversation_id, status, phase, cancelled, priority, summary, details, blocked_by,
         can_run_autonomously, max_lifetime_hours, metadata, version, fence, last_sequence, task_counts, needs_attention, search, created_at, updated_at)
       select gen_random_uuid(), 'acme', user_id, title, '', 'conversation-1', 'active', 'planning', false, 'normal', '', '{}', '', false, 168, '{}', 1, 0, 1,
         '{"ready":0,"failed":0,"blocked":0,"pending":0,"skipped":0,"completed":0,"in_progress":0,"waiting_human":0,"waiting_external":0}', false,
         ${searchDocument('title', "'acme'", 'user_id')}, at, at
       from (select 'user-' || i % ${users} as user_id, 'Meeting ' || i || ' about the budget with word' || (i / ${users}) % 50 as title,
                    timestamptz '2026-01-01' + i * interval '10 seconds' as at
               from generate_series(1, ${users * OF_EACH_USER}) as i) planted`,
    );
    await client.query('vacuum (analyze) mission.mission');
  } finally {
    await client.end();
  }
}
