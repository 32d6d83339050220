import { expect } from 'chai';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { registry } from '@missions/runtime/metrics.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { countPending, PURGE_BATCH } from '../store/timers.ts';
import { scratchDatabase, silent } from '../../testing/scratch.ts';
import { purgeOldTimers, startTimerPurge } from './purge.ts';

const DAY = 86_400_000;
const now = new Date('2026-06-01T12:00:00Z');

describe('the purge of timers', () => {
  let db: Database;
  let job: Job;
  const purge = () => purgeOldTimers({ db, clock: new VirtualClock(now), logger: silent });
  before(async () => {
    db = await scratchDatabase();
    job = startTimerPurge({ db, clock: new VirtualClock(now), logger: silent });
  });
  after(async () => {
    await job.stop();
    await db.close();
  });
  beforeEach(() => db.pool.query('truncate timer'));

  const plant = (name: string, count: number, times: { fire_at: Date; fired_at?: Date; cancelled_at?: Date }) =>
    db.pool.query(
      `insert into timer
         (owner, key, revision, customer_id, user_id, mission_id, fire_at, fired_at, cancelled_at, payload)
       select 'mission', $1 || i, 1, 'acme', 'ann', 'm1', $3, $4, $5, '{}' from generate_series(1, $2) i`,
      [name, count, times.fire_at, times.fired_at ?? null, times.cancelled_at ?? null],
    );
  const ago = (days: number): Date => new Date(now.getTime() - days * DAY);

  it('a timer that fired or was cancelled more than 35 days ago is deleted, and no other', async () => {
    await plant('fired long ago', 2 * PURGE_BATCH + 5, { fire_at: ago(40), fired_at: ago(36) });
    await plant('cancelled long ago', 3, { fire_at: ago(1), cancelled_at: ago(36) });
    await plant('fired', 2, { fire_at: ago(40), fired_at: ago(34) });
    await plant('cancelled', 2, { fire_at: ago(40), cancelled_at: ago(34) });
    await plant('pending', 2, { fire_at: ago(40) });
    expect(await purge()).to.equal(2 * PURGE_BATCH + 8);
    const { rows } = await db.pool.query<{ key: string }>('select key from timer order by key');
    expect(rows.map(({ key }) => key)).to.deep.equal([
      'cancelled1',
      'cancelled2',
      'fired1',
      'fired2',
      'pending1',
      'pending2',
    ]);
  });

  it('pending timers are counted exactly up to ten thousand, and estimated beyond', async () => {
    await plant('few', 7, { fire_at: now });
    await plant('done', 5, { fire_at: now, fired_at: now });
    await purge();
    expect(await registry.metrics()).to.match(/^missions_timers_pending\S* 7$/m);
    await plant('many', 12_000, { fire_at: now });
    expect(await countPending(autocommit(db))).to.equal(10_001);
    await db.pool.query('analyze timer');
    expect(await countPending(autocommit(db))).to.be.closeTo(12_007, 1_000);
  });
});
