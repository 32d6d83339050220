import { expect } from 'chai';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { migrate } from '../migrate.ts';
import { FirstMigration, scratch, type Scratch } from '../testing/scratch.ts';
import { closedOwners, closeOwner, type DataOwner, furtherEntrances, readmitOwner } from './closed-owners.ts';

class TakesNotes extends FirstMigration {
  override name = 'takes notes';
  override up(): void {
    super.up();
    for (const table of ['note', 'told', 'late'])
      this.addSql(`create table ${table} (customer_id text not null, user_id text, text text not null default '')`);
    const entrances = [
      { table: 'note', answer: 'refuse' as const },
      { table: 'told', answer: 'skip' as const },
    ];
    for (const sql of closedOwners(entrances)) this.addSql(sql);
  }
}

describe('a closed owner', () => {
  const ada: DataOwner = { customer_id: 'acme', user_id: 'ada' };
  let database: Scratch;
  let place: { url: string; schema: string };
  beforeEach(async () => {
    database = await scratch({ migrations: [TakesNotes] });
    await migrate(database.db);
    place = { url: database.url, schema: 'mission' };
  });
  afterEach(() => database.close());

  const insert = (table: string, { customer_id, user_id }: DataOwner) =>
    database.db.pool.query(`insert into ${table} (customer_id, user_id) values ($1, $2)`, [customer_id, user_id]);
  const rowsOf = async (table: string): Promise<number> =>
    (await database.db.pool.query(`select from ${table}`)).rowCount ?? -1;
  const waiting = async (): Promise<boolean> =>
    (await database.db.pool.query("select from pg_locks where not granted and mode = 'ShareLock'")).rowCount === 1;

  for (const table of ['note', 'told'])
    it(`is closed only when whoever was writing into ${table} has ended: no row comes after that`, async () => {
      const writer = await database.db.pool.connect();
      await writer.query('begin');
      await writer.query(`insert into ${table} (customer_id, user_id) values ('acme', 'ada')`);
      let isClosed = false;
      const closing = closeOwner(place, ada).then(() => (isClosed = true));
      await waitUntil(async () => isClosed || (await waiting()), { what: 'the end of the writer, or no wait for it' });
      expect(isClosed).to.equal(false);
      expect(await rowsOf(table)).to.equal(0);
      await writer.query('commit');
      writer.release();
      await closing;
      expect(await rowsOf(table)).to.equal(1);
    });

  it('leaves no row after its erasure that twenty writers were about to insert, 10 times', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const owner = { customer_id: 'acme', user_id: `user ${turn}` };
      let isOpen = true;
      const writers = Array.from({ length: 20 }, async () => {
        while (isOpen) await insert('note', owner).catch(() => (isOpen = false));
      });
      await waitUntil(async () => (await rowsOf('note')) > 0);
      await closeOwner(place, owner);
      await database.db.pool.query('delete from note');
      await Promise.all(writers);
      expect(await rowsOf('note')).to.equal(0);
    }
  });

  it('is refused or left out, with all users of a closed customer, and comes in again when readmitted', async () => {
    await closeOwner(place, ada);
    const refused = await insert('note', ada).catch((error: { code: string }) => error.code);
    expect(refused).to.equal('MU410');
    await insert('told', ada);
    for (const table of ['note', 'told']) await insert(table, { customer_id: 'acme', user_id: 'bea' });
    expect([await rowsOf('note'), await rowsOf('told')]).to.deep.equal([1, 1]);
    await closeOwner(place, { customer_id: 'acme', user_id: null });
    await insert('told', { customer_id: 'acme', user_id: 'bea' });
    await insert('told', { customer_id: 'acme', user_id: null });
    expect(await rowsOf('told')).to.equal(1);
    expect(await readmitOwner(place, { customer_id: 'acme', user_id: null })).to.equal(true);
    expect(await readmitOwner(place, ada)).to.equal(true);
    await insert('note', ada);
    expect(await rowsOf('note')).to.equal(2);
  });

  it('loses what came through an entrance that is closed later, and nobody else does', async () => {
    await closeOwner(place, ada);
    for (const user_id of ['ada', 'bea']) await insert('late', { customer_id: 'acme', user_id });
    for (const sql of furtherEntrances([{ table: 'late', answer: 'skip' }])) await database.db.pool.query(sql);
    await insert('late', ada);
    expect((await database.db.pool.query('select user_id from late')).rows).to.deep.equal([{ user_id: 'bea' }]);
  });
});
