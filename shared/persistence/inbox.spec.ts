import { expect } from 'chai';
import { random } from '@missions/test-support/random.ts';
import { newId } from '@missions/runtime/id.ts';
import { claimEvents } from './inbox.ts';
import { scratch, type Scratch } from './testing/scratch.ts';
import { transaction } from './transaction.ts';

describe('the inbox', () => {
  let database: Scratch;
  before(async () => {
    database = await scratch();
  });
  after(() => database?.close());

  const claimed = (consumer: string, ...ids: string[]) =>
    transaction(database.db, (tx) => claimEvents(tx, consumer, ids));

  it('lets each consumer claim an event once', async () => {
    const [a, b] = [newId(), newId()];
    expect(await claimed('one', a)).to.deep.equal(new Set([a]));
    expect(await claimed('one', a, b, b)).to.deep.equal(new Set([b]));
    expect(await claimed('other', a)).to.deep.equal(new Set([a]));
    expect(await claimed('one')).to.deep.equal(new Set());
  });

  it('drops a claim whose transaction was rolled back', async () => {
    const id = newId();
    const undone = transaction(database.db, async (tx) => {
      await claimEvents(tx, 'one', [id]);
      throw new Error('no');
    });
    await undone.catch(() => {});
    expect(await claimed('one', id)).to.deep.equal(new Set([id]));
  });

  it('gives each event to exactly one of many concurrent claims of overlapping batches in any order', async () => {
    const ids = Array.from({ length: 40 }, newId);
    const next = random('overlapping batches');
    const shuffled = () => ids.toSorted(() => next() - 0.5);
    const wins = await Promise.all(Array.from({ length: 20 }, () => claimed('crowd', ...shuffled())));
    expect(wins.flatMap((won) => [...won]).toSorted()).to.deep.equal(ids.toSorted());
  });

  it('lets a second claim of an event wait for the end of the first transaction', async () => {
    const id = newId();
    const [holding, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = transaction(database.db, async (tx) => {
      await claimEvents(tx, 'one', [id]);
      holding.resolve();
      await go.promise;
      throw new Error('the effect failed');
    });
    await holding.promise;
    const second = claimed('one', id);
    go.resolve();
    await first.catch(() => {});
    expect(await second).to.deep.equal(new Set([id]));
  });
});
