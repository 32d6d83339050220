import { expect } from 'chai';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { statement } from '../statement.ts';
import { scratch, type Scratch } from '../testing/scratch.ts';
import type { Tx } from '../transaction.ts';
import { eraseMissionsOf } from './erase-holdings.ts';

const remove = statement(
  'spec.erase.remove',
  'delete from counter where id = $1 returning pg_current_xact_id()::text as xact',
);

describe('the erasure of the missions of an owner', () => {
  const owner = { customer_id: 'acme', user_id: null };
  let database: Scratch;
  let transactions: string[];
  beforeEach(async () => {
    database = await scratch();
    transactions = [];
    await database.db.pool.query(
      "insert into counter (id) select 'm' || to_char(n, 'FM000') from generate_series(1, 230) n",
    );
  });
  afterEach(() => database.close());

  const erase = async (tx: Tx, id: string): Promise<number> => {
    const [gone] = await tx.run<{ xact: string }>(remove, [id]);
    if (gone) transactions.push(gone.xact);
    return gone ? 1 : 0;
  };
  const eraseAll = (eraseOne = erase) =>
    eraseMissionsOf(
      {
        url: database.url,
        holdings: {
          schema: 'mission',
          missions: 'select id as mission_id from counter where $1::text is not null and $2::text is null limit 100',
          tables: [],
        },
      },
      owner,
      eraseOne,
    );
  const left = async (): Promise<number> => (await database.db.pool.query('select from counter')).rowCount ?? -1;

  it('takes some of them in each transaction, all in the end, and counts their rows', async () => {
    expect(await eraseAll()).to.equal(230);
    expect(await left()).to.equal(0);
    const sizes = [...Map.groupBy(transactions, (one) => one).values()].map(({ length }) => length);
    expect(Math.max(...sizes)).to.be.within(2, 50);
  });

  it('that ends in the middle leaves whole transactions, and goes on when it is repeated', async () => {
    let seen = 0;
    const failing = async (tx: Tx, id: string): Promise<number> => {
      if ((seen += 1) === 120) throw new Error('killed');
      return await erase(tx, id);
    };
    const failure = await eraseAll(failing).catch((error: Error) => error.message);
    expect(failure).to.equal('killed');
    const before = await left();
    expect(before).to.be.within(230 - 119, 229);
    expect(await eraseAll()).to.equal(before);
    expect(await left()).to.equal(0);
  });

  it('ends although somebody else has taken two of them in the other order', async () => {
    const writer = await database.db.pool.connect();
    await writer.query('begin');
    await writer.query("update counter set value = 1 where id = 'm002'");
    const erasing = eraseAll();
    const isWaiting = "select from pg_stat_activity where application_name = 'operator' and wait_event_type = 'Lock'";
    await waitUntil(async () => (await database.db.pool.query(isWaiting)).rowCount === 1, {
      what: 'the erasure to wait',
    });
    await writer.query("update counter set value = 1 where id = 'm001'");
    await writer.query('commit');
    writer.release();
    expect(await erasing).to.be.within(230, 231);
    expect(await left()).to.equal(0);
  });
});
