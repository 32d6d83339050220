import { expect } from 'chai';
import pg from 'pg';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { LeaderLock } from './leader-lock.ts';
import { scratch, type Scratch } from './testing/scratch.ts';

describe('leader lock', function () {
  this.timeout(20_000);
  let database: Scratch;
  let locks: LeaderLock[];
  let lost: string[];

  beforeEach(async () => {
    database = await scratch();
    locks = [];
    lost = [];
  });
  afterEach(async () => {
    await Promise.all(locks.map((lock) => lock.close()));
    await database.close();
  });

  const options = (name: string, key = 'sample') => ({ key, role: `spec ${name}`, onLost: () => void lost.push(name) });
  const connect = async (name: string, key?: string): Promise<LeaderLock> => {
    const lock = await LeaderLock.connect(database.db, options(name, key));
    locks.push(lock);
    return lock;
  };
  const connections = async (name: string): Promise<number> => {
    const { rows } = await database.db.pool.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
        where application_name = $1 and datname = current_database()`,
      [`mission spec ${name}`],
    );
    return rows[0]?.count ?? 0;
  };

  it('is held by one process at a time, and by the next when released', async () => {
    const [first, second] = [await connect('first'), await connect('second')];
    expect([await first.tryAcquire(), await second.tryAcquire()]).to.deep.equal([true, false]);
    expect([first.held, second.held]).to.deep.equal([true, false]);
    await first.release();
    expect([await second.tryAcquire(), await first.tryAcquire()]).to.deep.equal([true, false]);
  });

  it('does not exclude the holder of another key', async () => {
    const [first, second] = [await connect('first'), await connect('second', 'another')];
    expect([await first.tryAcquire(), await second.tryAcquire()]).to.deep.equal([true, true]);
  });

  it('takes the advisory lock whose number is the hash of its key', async () => {
    const lock = await connect('first', 'relay mission');
    await lock.tryAcquire();
    const { rows } = await database.db.pool.query(
      `select ((classid::bigint << 32) | objid::bigint) = hashtextextended('relay ' || 'mission', 0) as same
         from pg_locks
        where locktype = 'advisory' and objsubid = 1
          and database = (select oid from pg_database where datname = current_database())`,
    );
    expect(rows).to.deep.equal([{ same: true }]);
  });

  it('leaves no connection when another process holds the lock', async () => {
    const first = await LeaderLock.acquire(database.db, options('first'));
    if (first) locks.push(first);
    expect(first?.held).to.equal(true);
    expect(await LeaderLock.acquire(database.db, options('second'))).to.equal(undefined);
    await waitUntil(async () => (await connections('second')) === 0, { what: 'no second connection' });
    expect(lost).to.deep.equal([]);
  });

  it('is lost with its connection, and reports the loss', async () => {
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    const lock = await connect('first');
    await lock.tryAcquire();
    await admin.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where application_name = 'mission spec first' and datname = current_database()`,
    );
    await admin.end();
    await waitUntil(() => lock.lost, { what: 'the loss' });
    expect([lock.held, lost]).to.deep.equal([false, ['first']]);
    const next = await connect('next');
    expect(await next.tryAcquire()).to.equal(true);
  });

  it('does not count as lost when closed', async () => {
    const lock = await connect('first');
    await lock.tryAcquire();
    await lock.close();
    expect([lock.held, lost]).to.deep.equal([false, []]);
  });
});
