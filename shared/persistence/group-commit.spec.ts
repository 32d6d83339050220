import { expect } from 'chai';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { databaseProblem } from './error-mapping.ts';
import { GroupCommit } from './group-commit.ts';
import { statement } from './statement.ts';
import { scratch, type Scratch } from './testing/scratch.ts';
import { autocommit } from './transaction.ts';

const insert = statement('spec.group.insert', 'insert into counter (id) select unnest($1::text[])');
const slowly = statement(
  'spec.group.slowly',
  'insert into counter (id) select id from unnest($1::text[]) id, pg_sleep(30)',
);
const all = statement('spec.group.all', 'select id from counter order by id');

describe('group commit', () => {
  let database: Scratch;
  let groups: string[][];
  const settled = (promise: Promise<void>) =>
    promise.then(
      () => 'committed',
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
  const stored = async () => (await autocommit(database.db).run<{ id: string }>(all)).map(({ id }) => id);
  const groupCommit = (options: Partial<ConstructorParameters<typeof GroupCommit<string>>[0]> = {}) =>
    new GroupCommit<string>({
      write: async (ids) => {
        groups.push([...ids]);
        await autocommit(database.db).run(insert, [ids]);
      },
      name: () => undefined,
      weight: (id) => id.length,
      ...options,
    });

  beforeEach(async () => {
    database = await scratch();
    groups = [];
  });
  afterEach(() => database?.close());

  it('puts concurrent writes into one statement', async () => {
    const group = groupCommit();
    await Promise.all(['a', 'b', 'c'].map((id) => group.commit(id)));
    expect(groups).to.deep.equal([['a', 'b', 'c']]);
    expect(await stored()).to.deep.equal(['a', 'b', 'c']);
  });

  it('gathers writes while statements are in flight, and sends them when one of the statements is done', async () => {
    const doors: PromiseWithResolvers<void>[] = [];
    const group = groupCommit({
      write: (ids) => {
        groups.push([...ids]);
        doors.push(Promise.withResolvers());
        return doors.at(-1)?.promise as Promise<void>;
      },
    });
    const done: Promise<void>[] = [];
    for (const id of ['a', 'b', 'c', 'd']) {
      done.push(group.commit(id));
      await new Promise(setImmediate);
    }
    expect(groups).to.deep.equal([['a'], ['b']]);
    doors[1]?.resolve();
    await done[1];
    await waitUntil(() => groups.length === 3);
    expect(groups[2]).to.deep.equal(['c', 'd']);
    doors[0]?.resolve();
    doors[2]?.resolve();
    await Promise.all(done);
  });

  it('bounds a statement by items and by bytes', async () => {
    const group = groupCommit({ maxItems: 3, maxWeight: 10, width: 1 });
    await Promise.all(['1', '2', '3', '4', '55555555', '666', '7'.repeat(20), '8'].map((id) => group.commit(id)));
    expect(groups).to.deep.equal([['1', '2', '3'], ['4', '55555555'], ['666'], ['7'.repeat(20)], ['8']]);
  });

  it('lets a write that the server refuses fail alone', async () => {
    await groupCommit().commit('taken');
    const group = groupCommit();
    const ids = ['a', 'b', 'taken', 'c', 'nul\0', 'd', 'e'];
    expect(await Promise.all(ids.map((id) => settled(group.commit(id))))).to.deep.equal([
      'committed',
      'committed',
      '23505',
      'committed',
      '22021',
      'committed',
      'committed',
    ]);
    expect(await stored()).to.deep.equal(['a', 'b', 'c', 'd', 'e', 'taken']);
  });

  it('never groups two writes of one name: the later ones are written after the first, each alone', async () => {
    const group = groupCommit({ name: (id) => id });
    const outcomes = await Promise.all(
      ['x', 'a', ...Array.from({ length: 20 }, () => 'x')].map((id) => settled(group.commit(id))),
    );
    expect(groups[0]).to.deep.equal(['a', 'x']);
    expect(groups.slice(1).every((one) => one.length === 1)).to.equal(true);
    expect(outcomes).to.deep.equal(['committed', 'committed', ...Array.from({ length: 20 }, () => '23505')]);
  });

  it('groups a name again once its write is settled', async () => {
    const group = groupCommit({ name: (id) => id });
    await group.commit('x');
    await settled(group.commit('x'));
    expect(await Promise.all([settled(group.commit('x')), settled(group.commit('b'))])).to.deep.equal([
      '23505',
      'committed',
    ]);
  });

  it('does not deadlock when two processes write the same names at once', async () => {
    const [one, other] = [groupCommit({ name: (id) => id }), groupCommit({ name: (id) => id })];
    const names = Array.from({ length: 40 }, (_, n) => `k${n}`);
    const outcomes = await Promise.all([
      ...names.map((id) => settled(one.commit(id))),
      ...names.toReversed().map((id) => settled(other.commit(id))),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'committed')).to.have.length(40);
    expect(new Set(outcomes)).to.deep.equal(new Set(['committed', '23505']));
    expect(await stored()).to.deep.equal(names.toSorted());
  });
});

describe('group commit when PostgreSQL goes down', () => {
  let own: TestServers;
  let database: Scratch;
  before(async () => {
    own = await startServers({ durable: true });
    database = await scratch({}, own);
  });
  after(async () => {
    await database?.close();
    await own?.stop();
  });

  it('retries no write of unknown outcome, fails them all, and works again by itself', async () => {
    const tried: string[][] = [];
    let text = slowly;
    const group = new GroupCommit<string>({
      write: async (ids) => {
        tried.push([...ids]);
        await autocommit(database.db).run(text, [ids]);
      },
      name: () => undefined,
      weight: () => 1,
    });
    const outcomes = Promise.all(
      ['a', 'b', 'c'].map((id) =>
        group.commit(id).then(
          () => 'committed',
          (error: unknown) => databaseProblem(error)?.code,
        ),
      ),
    );
    await waitUntil(
      async () =>
        (
          await database.db.pool.query(
            `select 1 from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid() and state = 'active'`,
          )
        ).rowCount === 1,
    );
    await own.killPostgres();
    expect(await outcomes).to.deep.equal(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE']);
    expect(tried).to.deep.equal([['a', 'b', 'c']]);
    await own.startPostgres();
    text = insert;
    await waitUntil(() => group.commit('d').then(() => true));
    expect(await autocommit(database.db).run(all)).to.deep.equal([{ id: 'd' }]);
  });
});
