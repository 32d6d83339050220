import { serialize } from '@mikro-orm/core';
import { BlockerEntity, MissionEntity, MissionEventEntity, missionEntities } from '@missions/mission/store/entities.ts';
import { missionMigrations } from '@missions/mission/store/migrations.ts';
import { readMission } from '@missions/mission/store/read-mission.ts';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { inProcess } from '../in-process.ts';
import { shapeDifference } from '../inspect.ts';
import { startProduct } from '../product.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Contender, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, pairedRatio } from '../statistics.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
const PATH = '/api/internal/missions';
const headers = { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json' };
const scope = { customer_id: 'default', user_id: null };
const MISSIONS = 100;
const EVENTS = 5;
/** Of the pool: more would wait for a connection. */
const CONCURRENCY = 10;

export const row: Row = {
  about:
    'get a mission with 5 tasks: the store’s one statement that builds the JSON, against the ORM’s populate of the same entities',
  run: get,
};

async function get(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const database = await servers.database();
  const url = database.urlFor('mission');
  const product = await startProduct({
    name: 'product',
    database,
    nats: await servers.nats(),
    secret: SECRET,
    folder: servers.folder,
  });
  product.programs.forEach((program) => bench.after(program.stop));
  const ids = await plant(product.origin);

  const logger = createLogger({ service: 'bench', level: 'error' });
  const db = await openDatabase({
    url,
    schema: 'mission',
    entities: missionEntities,
    migrations: missionMigrations,
    logger,
    poolSize: CONCURRENCY,
  });
  bench.after(() => db.close());
  let turn = 0;
  const next = (): string => ids[(turn += 1) % ids.length] ?? '';

  const first = ids[0] ?? '';
  const found = await readMission(autocommit(db), scope, first, { events: EVENTS });
  if (!found) throw new Error(`Mission ${first} was created by this benchmark, and was not found.`);
  const differences = shapeDifference(JSON.parse(found.body), JSON.parse(await populate(db, first)));
  if (differences.length > 0) bench.say(`NOTE: statement and populate differ in ${differences.join(', ')}`);

  const overHttp: Contender = {
    name: 'over HTTP',
    round: (seconds) =>
      bench.load.drive({
        origin: product.origin,
        path: `${PATH}/${next()}`,
        method: 'GET',
        headers,
        connections: bench.options.connections,
        seconds,
        expect: 200,
        idempotencyKeys: false,
      }),
  };
  const samples = await alternate(bench, [
    inProcess('statement', CONCURRENCY, () => readMission(autocommit(db), scope, next(), { events: EVENTS })),
    inProcess('populate', CONCURRENCY, () => populate(db, next())),
    inProcess('populate, tasks only', CONCURRENCY, () => populateTasks(db, next())),
    overHttp,
  ]);
  const perSecond = (name: string): number[] => series(samples, name, 'perSecond');
  return [
    ...[...samples.keys()].map((name): Finding => ({ what: name, figure: median(perSecond(name)), unit: '/s' })),
    {
      what: 'statement ÷ populate',
      ...pairedRatio(perSecond('statement'), perSecond('populate')),
      unit: '×',
      target: { atLeast: 10 },
    },
    {
      what: 'statement ÷ populate, tasks only',
      ...pairedRatio(perSecond('statement'), perSecond('populate, tasks only')),
      unit: '×',
    },
  ];
}

/** Created through the product's API, so that the rows are those that the product writes. */
async function plant(origin: string): Promise<string[]> {
  const tasks = ['Check my calendar', 'E-mail Sarah and John', 'Find the slot', 'Ask me to approve it', 'Book it'].map(
    (title, at) => ({
      title,
      ref: `task-${at}`,
      ...(at > 0 && { depends_on: [`task-${at - 1}`] }),
    }),
  );
  const ids: string[] = [];
  for (let made = 0; made < MISSIONS; made += 1) {
    const body = JSON.stringify({
      title: 'Schedule a meeting',
      user_id: 'user-1',
      conversation_id: 'conversation-1',
      tasks,
    });
    const answer = await fetch(`${origin}${PATH}`, { method: 'POST', headers, body });
    if (answer.status !== 201) throw new Error(`the product answered ${answer.status}: ${await answer.text()}`);
    ids.push(((await answer.json()) as { id: string }).id);
  }
  return ids;
}

/**
 * The work of a service on the ORM for the same response: an identity map, the entities with their tasks, newest
 * events and open blockers, as JSON.
 */
async function populate(db: Database, id: string): Promise<string> {
  const em = db.orm.em.fork();
  const mission = await em.findOneOrFail(
    MissionEntity,
    { id, customer_id: scope.customer_id },
    { populate: ['tasks'], orderBy: { tasks: { order: 'asc', id: 'asc' } } },
  );
  const [events, blockers] = await Promise.all([
    em.find(MissionEventEntity, { mission: id }, { orderBy: { sequence: 'desc' }, limit: EVENTS }),
    em.find(BlockerEntity, { mission: id, resolved_at: null }, { orderBy: { opened_at: 'asc' } }),
  ]);
  return JSON.stringify({
    ...serialize(mission, { populate: ['tasks'] }),
    recent_events: serialize(events),
    blockers: serialize(blockers),
    input_requests: [],
  });
}

async function populateTasks(db: Database, id: string): Promise<string> {
  const mission = await db.orm.em
    .fork()
    .findOneOrFail(MissionEntity, { id, customer_id: scope.customer_id }, { populate: ['tasks'] });
  return JSON.stringify(serialize(mission, { populate: ['tasks'] }));
}
