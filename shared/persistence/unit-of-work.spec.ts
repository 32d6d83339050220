import { expect } from 'chai';
import { CounterEntity, scratch, type Scratch } from './testing/scratch.ts';
import { statement } from './statement.ts';
import { unitOfWork } from './unit-of-work.ts';
import type { Tx } from './transaction.ts';

const count = statement('spec.count', 'select count(*)::int as count from counter where id = any($1)');
const add = statement('spec.unit.add', 'insert into counter (id) values ($1)');

describe('unitOfWork', () => {
  let database: Scratch;
  before(async () => {
    database = await scratch();
  });
  after(() => database?.close());

  it('shares one transaction between entities and statements', async () => {
    const seen = await unitOfWork(database.db, async (em, tx) => {
      em.create(CounterEntity, { id: 'entity', value: 3 });
      await em.flush();
      await tx.run(add, ['statement']);
      const outside = await database.db.pool.query('select 1 from counter');
      return { inside: await tx.run(count, [['entity', 'statement']]), outside: outside.rowCount };
    });
    expect(seen).to.deep.equal({ inside: [{ count: 2 }], outside: 0 });
    const read = await unitOfWork(database.db, async (em) => (await em.findOneOrFail(CounterEntity, 'entity')).value);
    expect(read).to.equal(3);
  });

  it('rolls back both when its function throws, and calls no callback', async () => {
    let called = false;
    const failed = await unitOfWork(database.db, async (em, tx) => {
      em.create(CounterEntity, { id: 'gone', value: 1 });
      await em.flush();
      await tx.run(add, ['gone too']);
      tx.afterCommit(() => (called = true));
      throw new Error('no');
    }).catch((error: Error) => error.message);
    expect(failed).to.equal('no');
    expect(called).to.equal(false);
    expect((await database.db.pool.query(count.text, [['gone', 'gone too']])).rows).to.deep.equal([{ count: 0 }]);
  });

  it('flushes and commits at its end, then calls the afterCommit callbacks', async () => {
    let there: Promise<unknown> | undefined;
    await unitOfWork(database.db, async (em, tx) => {
      em.create(CounterEntity, { id: 'flushed', value: 1 });
      tx.afterCommit(() => {
        there = database.db.pool.query(count.text, [['flushed']]).then(({ rows }) => rows[0]);
      });
    });
    expect(await there).to.deep.equal({ count: 1 });
  });

  it('is repeated after a deadlock, with a fresh EntityManager', async () => {
    await database.db.pool.query(`insert into counter values ('x', 0), ('y', 0)`);
    let attempts = 0;
    let holding = 0;
    const gate = Promise.withResolvers<void>();
    const cross = (first: string, second: string) =>
      unitOfWork(database.db, async (em) => {
        attempts++;
        (await em.findOneOrFail(CounterEntity, first)).value++;
        await em.flush();
        // Each transaction has locked its own row by now, and then waits for the other's.
        if (++holding === 2) gate.resolve();
        await gate.promise;
        const other = await em.findOneOrFail(CounterEntity, second, { refresh: true });
        other.value++;
        await em.flush();
      });
    await Promise.all([cross('x', 'y'), cross('y', 'x')]);
    expect(attempts).to.be.greaterThan(2);
  });

  it('refuses statements after its end', async () => {
    let leaked: Tx | undefined;
    await unitOfWork(database.db, async (_em, tx) => {
      leaked = tx;
    });
    const error = await leaked?.run(add, ['late']).catch((caught: Error) => caught);
    expect(error).to.be.instanceOf(Error);
    expect((await database.db.pool.query(count.text, [['late']])).rows).to.deep.equal([{ count: 0 }]);
  });
});
