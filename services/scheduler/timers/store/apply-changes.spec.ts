import { expect } from 'chai';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { decisions, firings, type timers, times } from '../../testing/timer-decisions.ts';
import { scratchDatabase } from '../../testing/scratch.ts';
import { applyTimerChanges, fireTimers, type TimerChange } from './timers.ts';

const change = (fields: Partial<TimerChange> & { key: string; revision: number }): TimerChange => ({
  owner: 'mission',
  customer_id: 'acme',
  user_id: 'ann',
  mission_id: 'm1',
  fire_at: null,
  payload: null,
  traceparent: null,
  ...fields,
});

describe('the statement that stores sets and cancels', () => {
  let db: Database;
  before(async () => (db = await scratchDatabase()));
  after(() => db.close());
  beforeEach(async () => void (await db.pool.query('truncate timer, outbox')));

  const applyAt = (changes: TimerChange[], at: string) =>
    transaction(db, (tx) => applyTimerChanges(tx, changes, new Date(at)));
  const fire = (at: string) => fireTimers(autocommit(db), new Date(at));
  const row = async (key: string) => {
    const { rows } = await db.pool.query(
      `select revision, iso(fire_at) as fire_at, iso(fired_at) as fired_at, iso(cancelled_at) as cancelled_at,
              payload::text as payload
         from timer where key = $1`,
      [key],
    );
    return rows[0] as unknown;
  };
  /** Brings a timer of that key to the state in which a case begins. */
  const arrange = async (key: string, from: keyof typeof timers): Promise<void> => {
    if (from === 'unknown') return;
    const fields = from === 'cancelled' ? {} : { fire_at: times.noon, payload: {} };
    await applyAt([change({ key, revision: 5, ...fields })], times.one);
    if (from === 'fired') await fire(times.one);
  };

  for (const { from, type, revision, result } of decisions) {
    it(`decides about a timer that is ${from}: ${type} at revision ${revision} → ${result}`, async () => {
      await arrange('k', from);
      const before = await row('k');
      const applied = await applyAt(
        [change({ key: 'k', revision, ...(type === 'Set' && { fire_at: times.two, payload: { a: 1 } }) })],
        times.two,
      );
      if (result === 'older-revision') {
        expect([applied, await row('k')]).to.deep.equal([[], before]);
        return;
      }
      expect(applied).to.deep.equal([{ outcome: result, fire_at: type === 'Set' ? Date.parse(times.two) : null }]);
      const set = { fire_at: times.two, cancelled_at: null, payload: '{"a":1}' };
      const cancelled = {
        fire_at: from === 'unknown' || from === 'cancelled' ? null : times.noon,
        cancelled_at: times.two,
        payload: '{}',
      };
      expect(await row('k')).to.deep.equal({ revision, fired_at: null, ...(type === 'Set' ? set : cancelled) });
    });
  }

  for (const { from, at, result } of firings) {
    it(`decides about a timer that is ${from}: firing at ${at.slice(11)} → ${result}`, async () => {
      await arrange('k', from);
      await db.pool.query('truncate outbox');
      const before = await row('k');
      const fired = await fire(at);
      const events = await db.pool.query('select 1 from outbox');
      if (result === 'fired') {
        expect(fired).to.deep.equal([{ owner: 'mission', late_ms: Date.parse(at) - Date.parse(times.noon) }]);
        expect(await row('k')).to.include({ fired_at: at, cancelled_at: null });
        expect(events.rowCount).to.equal(1);
      } else {
        expect([fired, await row('k'), events.rowCount]).to.deep.equal([[], before, 0]);
      }
    });
  }

  it('stores many changes of every kind at once', async () => {
    await arrange('f', 'fired');
    await arrange('p', 'pending');
    await arrange('c', 'cancelled');
    const applied = await applyAt(
      [
        change({ key: 'f', revision: 6 }),
        change({ key: 'c', revision: 5, fire_at: times.two, payload: {} }),
        change({ key: 'p', revision: 6, fire_at: times.two, payload: {} }),
        change({ key: 'new', revision: 1, fire_at: times.two, payload: {}, owner: 'approval' }),
      ],
      times.two,
    );
    expect(applied.map(({ outcome }) => outcome)).to.deep.equal(['set', 'too-late', 'moved']);
  });

  it('stores timers of two owners with the same key apart', async () => {
    await applyAt(
      [
        change({ key: 'k', revision: 1, fire_at: times.noon, payload: {} }),
        change({ key: 'k', owner: 'approval', revision: 9 }),
      ],
      times.noon,
    );
    expect((await fire(times.one)).map(({ owner }) => owner)).to.deep.equal(['mission']);
  });
});
