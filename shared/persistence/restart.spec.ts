import { expect } from 'chai';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { databaseProblem } from './error-mapping.ts';
import { appendToOutbox } from './outbox/append.ts';
import { type Relay, startRelay } from './outbox/relay.ts';
import { CounterEntity, logger, scratch, type Scratch, someEvent } from './testing/scratch.ts';
import { statement } from './statement.ts';
import { autocommit, transaction } from './transaction.ts';
import { unitOfWork } from './unit-of-work.ts';

const sleep = statement('spec.restart.sleep', 'select pg_sleep(30)');
const one = statement('spec.restart.one', 'select 1 as one');

describe('a restart of PostgreSQL', () => {
  let own: TestServers;
  let database: Scratch;
  let relay: Relay;
  const sent: string[] = [];

  before(async () => {
    own = await startServers();
    database = await scratch({}, own);
    relay = startRelay({ db: database.db, publish: async ({ id }) => void sent.push(id), logger });
    await waitUntil(() => relay.state() === 'active');
  });
  after(async () => {
    await relay?.stop();
    await database?.close();
    await own?.stop();
  });

  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => databaseProblem(error)?.code ?? String(error),
    );
  const inFlight = () => [
    codeOf(autocommit(database.db).run(sleep)),
    codeOf(transaction(database.db, (tx) => tx.run(sleep))),
    codeOf(unitOfWork(database.db, (_em, tx) => tx.run(sleep))),
    codeOf(database.db.orm.em.fork().execute('select pg_sleep(30)')),
  ];
  const sleeping = (count: number) =>
    waitUntil(
      async () =>
        (
          await database.db.pool.query(
            `select 1 from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid() and state = 'active'`,
          )
        ).rowCount === count,
    );
  const worksAgain = async () => {
    await waitUntil(() => autocommit(database.db).run(one));
    expect(await transaction(database.db, (tx) => tx.run(one))).to.deep.equal([{ one: 1 }]);
    expect(await unitOfWork(database.db, (em) => em.count(CounterEntity))).to.equal(0);
    await database.db.check();
    const event = someEvent('m1');
    await transaction(database.db, (tx) => appendToOutbox(tx, [event]));
    await waitUntil(() => sent.includes(event.id));
    expect(database.db.pool.totalCount - database.db.pool.idleCount, 'connections that were not given back').to.equal(
      0,
    );
  };

  for (const [how, go] of [
    ['an orderly restart', () => own.restartPostgres()],
    ['a crash', async () => (await own.killPostgres(), own.startPostgres())],
  ] as const) {
    it(`fails the calls in flight with a clear error, after which calls work again: ${how}`, async () => {
      const failed = inFlight();
      await sleeping(4);
      await go();
      expect(await Promise.all(failed)).to.deep.equal(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE']);
      await worksAgain();
    });
  }

  it('fails calls with a clear error while the server is down, and the readiness check', async () => {
    await own.killPostgres();
    expect(await codeOf(autocommit(database.db).run(one))).to.equal('UNAVAILABLE');
    expect(await codeOf(transaction(database.db, (tx) => tx.run(one)))).to.equal('UNAVAILABLE');
    expect(await codeOf(unitOfWork(database.db, (em) => em.count(CounterEntity)))).to.equal('UNAVAILABLE');
    expect(await codeOf(database.db.check())).to.equal('UNAVAILABLE');
    const opening = database.another();
    await own.startPostgres();
    await (await opening).check();
    await worksAgain();
  });
});
