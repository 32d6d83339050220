import { expect } from 'chai';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type Clock, systemClock, VirtualClock } from '@missions/runtime/clock.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { applyTimerChanges } from '../store/timers.ts';
import { scratchDatabase, silent } from '../../testing/scratch.ts';
import { type TimerFiring, startTimerFiring } from './fire-timers.ts';

const HOUR = 3_600_000;

describe('the firing of timers', () => {
  let db: Database;
  let firing: TimerFiring | undefined;
  before(async () => (db = await scratchDatabase()));
  after(() => db.close());
  beforeEach(() => db.pool.query('truncate timer, outbox'));
  afterEach(async () => {
    await firing?.stop();
    firing = undefined;
  });

  const setTimer = (key: string, fireAt: number) =>
    applyTimerChanges(
      autocommit(db),
      [
        {
          owner: 'mission',
          key,
          revision: 1,
          customer_id: 'acme',
          user_id: 'ann',
          mission_id: 'm1',
          fire_at: new Date(fireAt).toISOString(),
          payload: {},
          traceparent: null,
        },
      ],
      null,
    );
  const pending = async (): Promise<number> =>
    (await db.pool.query('select 1 from timer where fired_at is null')).rowCount ?? NaN;
  /** The system clock, which records how long the loop sleeps. */
  const recordingClock = (onNow: () => void = () => {}): Clock & { slept: number[] } => ({
    ...systemClock,
    slept: [],
    now() {
      onNow();
      return systemClock.now();
    },
    sleep(milliseconds, signal) {
      this.slept.push(milliseconds);
      return systemClock.sleep(milliseconds, signal);
    },
  });

  it('it sleeps until the next timer is due, and no longer than its poll interval', async () => {
    const moved = new VirtualClock(new Date());
    const slept: number[] = [];
    const clock: Clock = {
      kind: moved.kind,
      now: () => moved.now(),
      sleep(milliseconds, signal) {
        slept.push(milliseconds);
        return moved.sleep(milliseconds, signal);
      },
    };
    await setTimer('k', moved.now().getTime() + 500);
    firing = startTimerFiring({ db, clock, logger: silent, pollMs: HOUR });
    await waitUntil(() => slept.length === 1);
    moved.advance(499);
    expect(await pending()).to.equal(1);
    moved.advance(1);
    await waitUntil(async () => (await pending()) === 0);
    await waitUntil(() => slept.length === 2, { what: 'a sleep until the poll' });
    expect(slept).to.deep.equal([500, HOUR]);
  });

  it('a stored timer wakes it only if it is due before the timer that it sleeps for', async () => {
    const clock = recordingClock();
    const first = Date.now() + HOUR;
    await setTimer('k', first);
    firing = startTimerFiring({ db, clock, logger: silent, pollMs: 2 * HOUR });
    await waitUntil(() => clock.slept.length === 1);
    firing.wakeFor(first + 1);
    firing.wakeFor(first);
    await setTimer('before', Date.now());
    // These queries take longer than a look, which would fire the timer.
    for (let i = 0; i < 20; i++) expect(await pending()).to.equal(2);
    expect(clock.slept.length).to.equal(1);
    firing.wakeFor(Date.now());
    await waitUntil(async () => (await pending()) === 1);
  });

  it('it looks again if a timer was stored while it looked', async () => {
    let asked = 0;
    // The loop asks for the time before each look and after it.
    const clock = recordingClock(() => void (++asked === 2 && firing?.wakeFor(Date.now() + HOUR)));
    firing = startTimerFiring({ db, clock, logger: silent, pollMs: HOUR });
    await waitUntil(() => clock.slept.length === 1);
    expect(asked).to.equal(4);
  });

  it('no timer fires while the outbox is full', async () => {
    let full = true;
    await setTimer('k', Date.now());
    firing = startTimerFiring({ db, clock: systemClock, logger: silent, isOutboxFull: () => full });
    await setTimer('another', Date.now());
    expect(await pending()).to.equal(2);
    full = false;
    await waitUntil(async () => (await pending()) === 0);
  });

  it('it is not ready while timers cannot be fired, and recovers by itself', async () => {
    await db.pool.query('alter table timer rename to gone');
    firing = startTimerFiring({ db, clock: systemClock, logger: silent });
    const isReady = (): boolean => {
      try {
        firing?.check();
        return true;
      } catch {
        return false;
      }
    };
    await waitUntil(() => !isReady());
    await db.pool.query('alter table gone rename to timer');
    await waitUntil(isReady);
    await setTimer('k', Date.now());
    firing.wakeFor(Date.now());
    await waitUntil(async () => (await pending()) === 0);
  });
});
