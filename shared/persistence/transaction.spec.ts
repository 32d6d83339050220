import { expect } from 'chai';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { scratch, type Scratch } from './testing/scratch.ts';
import { statement } from './statement.ts';
import { autocommit, transaction, type Tx } from './transaction.ts';

const insert = statement('spec.insert', 'insert into counter (id) values ($1)');
const add = statement(
  'spec.add',
  'insert into counter (id, value) values ($1, 1) on conflict (id) do update set value = counter.value + 1',
);
const value = statement('spec.value', 'select value from counter where id = $1');
const prepared = statement('spec.prepared', 'select name from pg_prepared_statements where name = $1');
const backend = statement('spec.backend', 'select pg_backend_pid() as pid');
const sessionOf = statement('spec.session-of', 'select pid from pg_stat_activity where pid = $1');
const session = statement(
  'spec.session',
  `select current_schema() as schema, current_setting('timezone') as timezone, now()::timestamptz(3) as now, 1::bigint as big`,
);
const read = async (tx: Tx, id: string) => (await tx.run<{ value: number }>(value, [id]))[0]?.value;
const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error: Error & { code?: string }) => error,
  );

describe('transaction', () => {
  let database: Scratch;
  before(async () => {
    database = await scratch();
  });
  after(() => database?.close());

  it('commits its statements, then calls the afterCommit callbacks', async () => {
    const called: unknown[] = [];
    const result = await transaction(database.db, async (tx) => {
      tx.afterCommit(() => called.push('committed'));
      await tx.run(insert, ['kept']);
      expect(called).to.deep.equal([]);
      return 'answer';
    });
    expect(result).to.equal('answer');
    expect(called).to.deep.equal(['committed']);
    expect(await read(autocommit(database.db), 'kept')).to.equal(0);
  });

  it('leaves no connection when its database is closed, which holds the process no longer', async () => {
    const db = await database.another();
    const [own] = await transaction(db, (tx) => tx.run<{ pid: number }>(backend));
    await db.close();
    expect(db.pool.totalCount).to.equal(0);
    await waitUntil(async () => !(await autocommit(database.db).run(sessionOf, [own?.pid])).length);
  });

  it('rolls back when its function throws, and calls no callback', async () => {
    const called: unknown[] = [];
    const error = await failure(
      transaction(database.db, async (tx) => {
        tx.afterCommit(() => called.push('committed'));
        await tx.run(insert, ['undone']);
        throw new Error('changed my mind');
      }),
    );
    expect(error.message).to.equal('changed my mind');
    expect(called).to.deep.equal([]);
    expect(await read(autocommit(database.db), 'undone')).to.equal(undefined);
  });

  it('fails if its function ignores the error of a statement', async () => {
    const error = await failure(
      transaction(database.db, async (tx) => {
        await tx.run(insert, ['twice']);
        await tx.run(insert, ['twice']).catch(() => {});
      }),
    );
    expect(error.message).to.contain('rolled back');
    expect(await read(autocommit(database.db), 'twice')).to.equal(undefined);
  });

  it('is repeated after a deadlock', async () => {
    let attempts = 0;
    let locked = 0;
    const gate = Promise.withResolvers<void>();
    const cross = (first: string, second: string) =>
      transaction(database.db, async (tx) => {
        attempts++;
        await tx.run(add, [first]);
        if (++locked === 2) gate.resolve();
        await gate.promise;
        await tx.run(add, [second]);
      });
    await Promise.all([cross('a', 'b'), cross('b', 'a')]);
    expect(attempts).to.be.greaterThan(2);
    expect(await read(autocommit(database.db), 'a')).to.equal(2);
    expect(await read(autocommit(database.db), 'b')).to.equal(2);
  });

  it('fails after five deadlocks', async () => {
    let attempts = 0;
    const raise = statement('spec.deadlock', `do $$ begin raise exception using errcode = '40P01'; end $$`);
    const error = await failure(transaction(database.db, async (tx) => (attempts++, tx.run(raise))));
    expect(error.code).to.equal('40P01');
    expect(attempts).to.equal(5);
  });

  it('prepares statements under their names, once per connection', async () => {
    await transaction(database.db, async (tx) => {
      await tx.run(backend);
      await tx.run(backend);
      expect(await tx.run(prepared, [backend.name])).to.deep.equal([{ name: backend.name }]);
    });
  });

  it('survives a migration that changes the result columns of a prepared statement', async () => {
    const all = statement('spec.all', `select * from counter where id = 'wide'`);
    const small = await database.another({ poolSize: 1 });
    await autocommit(small).run(insert, ['wide']);
    await autocommit(small).run(all);
    await database.db.pool.query('alter table counter add column wide int');
    expect(await autocommit(small).run(all)).to.deep.equal([{ id: 'wide', value: 0, wide: null }]);
    await database.db.pool.query('alter table counter drop column wide');
    expect(await transaction(small, (tx) => tx.run(all))).to.deep.equal([{ id: 'wide', value: 0 }]);
  });

  it('works in its own schema and in UTC, with dates and big integers as text', async () => {
    const [row] = await autocommit(database.db).run<Record<string, string>>(session);
    expect(row).to.include({ schema: 'mission', timezone: 'UTC', big: '1' });
    expect(row?.['now']).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/);
  });

  it('returns every connection to the pool', async () => {
    const small = await database.another({ poolSize: 2 });
    for (let i = 0; i < 10; i++) await failure(transaction(small, async () => Promise.reject(new Error('no'))));
    for (let i = 0; i < 10; i++) await failure(autocommit(small).run(insert, ['kept']));
    expect(small.pool.totalCount - small.pool.idleCount).to.equal(0);
  });
});

describe('autocommit', () => {
  let database: Scratch;
  before(async () => {
    database = await scratch();
  });
  after(() => database?.close());

  it('calls the afterCommit callbacks after the statement, registered before or after it', async () => {
    const called: string[] = [];
    const early = autocommit(database.db);
    early.afterCommit(() => called.push('early'));
    expect(called).to.deep.equal([]);
    await early.run(insert, ['early']);
    const late = autocommit(database.db);
    await late.run(insert, ['late']);
    late.afterCommit(() => called.push('late'));
    expect(called).to.deep.equal(['early', 'late']);
  });

  it('calls no callback after a failure', async () => {
    const called: string[] = [];
    const tx = autocommit(database.db);
    tx.afterCommit(() => called.push('heard'));
    await failure(tx.run(insert, ['early']));
    expect(called).to.deep.equal([]);
  });
});
