import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { LeaderLease } from './leader-lease.ts';
import { scratch, type Scratch } from './testing/scratch.ts';

describe('leader lease', () => {
  let database: Scratch;
  let leases: LeaderLease[];
  let lost: string[];

  beforeEach(async () => {
    database = await scratch();
    leases = [];
    lost = [];
  });
  afterEach(async () => {
    await Promise.all(leases.map((lease) => lease.close()));
    await database.close();
  });

  const options = (name: string, key = 'sample', ttlMs = 10_000) => ({
    key,
    ttlMs,
    role: `spec ${name}`,
    onLost: () => void lost.push(name),
  });
  const connect = async (name: string, key?: string, ttlMs?: number): Promise<LeaderLease> => {
    const lease = await LeaderLease.connect(database.db, options(name, key, ttlMs));
    leases.push(lease);
    return lease;
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

  it('has a higher epoch with each holder', async () => {
    const [first, second] = [await connect('first'), await connect('second')];
    await first.tryAcquire();
    const { epoch } = first;
    await first.release();
    await second.tryAcquire();
    expect(Number(second.epoch)).to.equal(Number(epoch) + 1);
    expect(() => first.epoch).to.throw('not held');
  });

  it('stays with a holder that renews it, for longer than one term', async () => {
    const first = await connect('first', 'sample', 400);
    await first.tryAcquire();
    const expiry = () => database.db.pool.query<{ at: Date }>('select expires_at::text as at from leaders');
    const began = (await expiry()).rows[0]?.at;
    await waitUntil(async () => {
      const { rows } = await database.db.pool.query('select 1 from leaders where expires_at > $1::timestamptz + $2', [
        began,
        '1 s',
      ]);
      return rows.length > 0;
    });
    expect([first.held, lost]).to.deep.equal([true, []]);
  });

  it('passes from a frozen process to another, and the frozen one does not hold it when it goes on', async () => {
    const frozen = spawn(
      process.execPath,
      [fileURLToPath(new URL('./testing/lease-holder.ts', import.meta.url)), database.url, '1000'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const said = createInterface({ input: frozen.stdout })[Symbol.asyncIterator]();
    try {
      expect((await said.next()).value).to.equal('held');
      const next = await connect('next', 'sample', 1000);
      expect(await next.tryAcquire()).to.equal(false);
      frozen.kill('SIGSTOP');
      await waitUntil(() => next.tryAcquire(), { what: 'the lease of the frozen process' });
      frozen.kill('SIGCONT');
      expect((await said.next()).value).to.equal('lost');
      expect(next.held).to.equal(true);
    } finally {
      frozen.kill('SIGKILL');
    }
  });

  it('leaves no connection when another process holds the lease', async () => {
    const first = await LeaderLease.acquire(database.db, options('first'));
    if (first) leases.push(first);
    expect(first?.held).to.equal(true);
    expect(await LeaderLease.acquire(database.db, options('second'))).to.equal(undefined);
    await waitUntil(async () => (await connections('second')) === 0, { what: 'no second connection' });
    expect(lost).to.deep.equal([]);
  });

  it('is lost with its connection, and reports the loss', async () => {
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    const lease = await connect('first');
    await lease.tryAcquire();
    await admin.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where application_name = 'mission spec first' and datname = current_database()`,
    );
    await admin.end();
    await waitUntil(() => lease.lost, { what: 'the loss' });
    expect([lease.held, lost]).to.deep.equal([false, ['first']]);
    const next = await connect('next');
    expect(await next.tryAcquire()).to.equal(true);
  });

  it('does not count as lost when closed', async () => {
    const lease = await connect('first');
    await lease.tryAcquire();
    await lease.close();
    expect([lease.held, lost]).to.deep.equal([false, []]);
  });
});
