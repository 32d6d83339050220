import { expect } from 'chai';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { scratchDatabase } from '../../testing/scratch.ts';
import { applyTimerChanges, FIRE_BATCH, fireTimers, nextTimer, type TimerChange } from './timers.ts';

const PAST = '2026-01-01T00:00:00.000Z';
const FAR = '2126-01-01T00:00:00.000Z';

const change = (key: string, revision: number, fire_at: string | null, payload: object | null = {}): TimerChange => ({
  owner: 'mission',
  key,
  revision,
  fire_at,
  payload,
  customer_id: 'acme',
  user_id: 'ann',
  mission_id: `mission of ${key}`,
  traceparent: null,
});

describe('the statement that fires timers', () => {
  let db: Database;
  before(async () => (db = await scratchDatabase()));
  after(() => db.close());
  beforeEach(async () => void (await db.pool.query('truncate timer, outbox')));

  const applyNow = (...changes: TimerChange[]) => transaction(db, (tx) => applyTimerChanges(tx, changes, null));
  const fire = (virtualNow: Date | null = null) => fireTimers(autocommit(db), virtualNow);
  /** `key@revision` of each firing in the outbox, in the outbox's order. */
  const fired = async (): Promise<string[]> =>
    (
      await db.pool.query<{ name: string }>(
        `select (data->>'key') || '@' || version as name from outbox order by position`,
      )
    ).rows.map(({ name }) => name);

  it('a firing writes the event for the timer’s owner', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await applyNow({
      ...change('k', 7, PAST, { Grüße: [1.5, null, '12345678901234567890'] }),
      owner: 'approval',
      traceparent,
    });
    await fire(new Date('2026-01-01T00:00:01.500Z'));
    const { rows } = await db.pool.query<{ event_id: string }>(
      `select event_id, type, source, iso(time) as time, customer_id, user_id, mission_id, version, index, traceparent,
              published_at, data::text as data
         from outbox`,
    );
    const [{ event_id, ...event }] = rows as [{ event_id: string }];
    expect(isUuid(event_id)).to.equal(true);
    expect(event).to.deep.equal({
      type: 'timer.approval',
      source: '/services/scheduler',
      time: '2026-01-01T00:00:01.500Z',
      customer_id: 'acme',
      user_id: 'ann',
      mission_id: 'mission of k',
      version: 7,
      index: 0,
      traceparent,
      published_at: null,
      data:
        `{"customer_id" : "acme", "user_id" : "ann", "mission_id" : "mission of k", "owner" : "approval", ` +
        `"key" : "k", "revision" : 7, ` +
        `"fire_at" : "2026-01-01T00:00:00.000Z", "fired_at" : "2026-01-01T00:00:01.500Z", ` +
        `"payload" : {"Grüße":[1.5,null,"12345678901234567890"]}}`,
    });
  });

  it('each revision that fires has its own event id, and a revision writes its event once', async () => {
    await applyNow(change('k', 1, PAST));
    await fire();
    await applyNow(change('k', 2, PAST));
    await fire();
    // As after restoring a backup of the timers from before the firing.
    await db.pool.query('update timer set fired_at = null');
    await fire();
    expect(await fired()).to.deep.equal(['k@1', 'k@2']);
    expect((await db.pool.query('select 1 from timer where fired_at is null')).rowCount).to.equal(0);
  });

  it('no timer fires before its time by the database’s clock', async () => {
    const { rows } = await db.pool.query<{ now: string }>(`select iso(clock_timestamp()) as now`);
    const now = Date.parse(rows[0]?.now ?? '');
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    await applyNow(...keys.map((key, i) => change(key, 1, new Date(now + i * 5).toISOString())));
    for (let total = 0; total < keys.length;) total += (await Promise.all([fire(), fire()])).flat().length;
    const early = await db.pool.query(`select key from timer where fired_at is null or fired_at < fire_at`);
    expect(early.rows).to.deep.equal([]);
    expect((await fired()).sort()).to.deep.equal(keys.map((key) => `${key}@1`).sort());
  });

  it('timers that have been due for longest fire first, in batches, and their events are in that order', async () => {
    const at = (i: number) => new Date(Date.parse(PAST) + i * 1000).toISOString();
    const count = FIRE_BATCH + 200;
    const order = Array.from({ length: count }, (_, i) => (i * 337) % count);
    await applyNow(...order.map((i) => change(`k${i}`, 1, at(i))));
    expect((await fire()).length).to.equal(FIRE_BATCH);
    expect((await fire()).length).to.equal(200);
    expect(await fired()).to.deep.equal(Array.from({ length: count }, (_, i) => `k${i}@1`));
  });

  it('each timer fires once, however many statements run at the same time', async () => {
    const count = 6 * FIRE_BATCH;
    await applyNow(...Array.from({ length: count }, (_, i) => change(`k${i}`, 1, PAST)));
    const drain = async (): Promise<number> => {
      let own = 0;
      // Until no timer is left, because rows that another statement has locked are skipped.
      while ((await nextTimer(autocommit(db), null)) !== undefined) own += await fire().then(({ length }) => length);
      return own;
    };
    const shares = await Promise.all([drain(), drain(), drain(), drain()]);
    expect(shares.reduce((sum, own) => sum + own)).to.equal(count);
    expect(new Set(await fired()).size).to.equal(count);
  });

  it('a timer that is being changed is skipped, and fires if the change is rolled back', async () => {
    await applyNow(change('k', 1, PAST), change('other', 1, PAST));
    const undone = transaction(db, async (tx) => {
      await applyTimerChanges(tx, [change('k', 2, null, null)], null);
      expect((await fire()).length).to.equal(1);
      throw new Error('undone');
    });
    await undone.catch(() => {});
    expect(await fired()).to.deep.equal(['other@1']);
    await fire();
    expect(await fired()).to.deep.equal(['other@1', 'k@1']);
  });

  it('the next timer is known with the time until it is due', async () => {
    expect(await nextTimer(autocommit(db), null)).to.equal(undefined);
    await applyNow(change('far', 1, FAR), change('near', 1, PAST), change('gone', 1, null, null));
    expect(await nextTimer(autocommit(db), new Date('2025-12-31T23:59:58.500Z'))).to.deep.equal({
      in_ms: 1_500,
      fire_at: Date.parse(PAST),
    });
    await fire();
    expect((await nextTimer(autocommit(db), new Date(Date.parse(FAR) - 1)))?.in_ms).to.equal(1);
  });

  it('only the index is read, however many timers are pending', async () => {
    await db.pool.query(
      `insert into timer (owner, key, revision, customer_id, user_id, mission_id, fire_at, payload)
       select 'mission', 'k' || i, 1, 'acme', 'ann', 'm1', '${FAR}'::timestamptz + i * interval '1 second', '{}'
         from generate_series(1, 20000) i`,
    );
    await db.pool.query('analyze timer');
    // The reads of this connection since it last reported its statistics.
    const readings = statement(
      'spec.readings',
      `select seq_scan::int as scans, (seq_tup_read + idx_tup_fetch)::int as rows
         from pg_stat_xact_user_tables where relname = 'timer'`,
    );
    const [before, after] = await transaction(db, async (tx) => {
      const [first] = await tx.run<{ scans: number; rows: number }>(readings);
      await nextTimer(tx, null);
      await fireTimers(tx, null);
      const [last] = await tx.run<{ scans: number; rows: number }>(readings);
      return [first, last];
    });
    const during = {
      scans: (after?.scans ?? NaN) - (before?.scans ?? NaN),
      rows: (after?.rows ?? NaN) - (before?.rows ?? NaN),
    };
    expect(during).to.deep.equal({ scans: 0, rows: 1 });
  });

  const ROUNDS = 200;
  /** Begins one of the two a little before the other, alternating. */
  const collide = async <A, B>(round: number, a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B]> => {
    const head = async (): Promise<void> => {
      for (let turns = round % 7; turns > 0; turns--) await new Promise(setImmediate);
    };
    return round % 2 === 0 ? Promise.all([a(), head().then(b)]) : Promise.all([head().then(a), b()]);
  };

  it(`a timer that is cancelled while it fires has one outcome, ${ROUNDS} times`, async () => {
    const outcomes = { cancelled: 0, 'too-late': 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const key = `k${round}`;
      await applyNow(change(key, 1, PAST));
      const [firedNow, [applied]] = await collide(
        round,
        () => fire(),
        () => applyNow(change(key, 2, null, null)),
      );
      const outcome = applied?.outcome as keyof typeof outcomes;
      outcomes[outcome] += 1;
      expect([firedNow.length, (await fired()).filter((name) => name.startsWith(`${key}@`))], outcome).to.deep.equal(
        outcome === 'cancelled' ? [0, []] : [1, [`${key}@1`]],
      );
      expect((await fire()).length, 'timers left to fire').to.equal(0);
    }
    expect(outcomes.cancelled * outcomes['too-late'], JSON.stringify(outcomes)).to.be.greaterThan(0);
  });

  it(`a timer that is moved while it fires has one outcome, ${ROUNDS} times`, async () => {
    const outcomes = { moved: 0, rearmed: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const key = `k${round}`;
      await applyNow(change(key, 1, PAST));
      const [firedNow, [applied]] = await collide(
        round,
        () => fire(),
        () => applyNow(change(key, 2, FAR)),
      );
      const outcome = applied?.outcome as keyof typeof outcomes;
      outcomes[outcome] += 1;
      expect(firedNow.length, outcome).to.equal(outcome === 'moved' ? 0 : 1);
    }
    expect(outcomes.moved * outcomes.rearmed, JSON.stringify(outcomes)).to.be.greaterThan(0);
    expect((await fired()).length).to.equal(outcomes.rearmed);
    while ((await fire(new Date(FAR))).length > 0);
    const names = await fired();
    expect(names.filter((name) => name.endsWith('@2')).length, 'moved ones fire at their new time').to.equal(ROUNDS);
    expect(new Set(names).size).to.equal(names.length);
  });
});
