import { expect } from 'chai';
import { random } from '@missions/test-support/random.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { withContext } from '@missions/runtime/context.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Database } from '../database.ts';
import { logger, scratch, type Scratch, someEvent } from '../testing/scratch.ts';
import { transaction } from '../transaction.ts';
import { appendToOutbox } from './append.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';

describe('the relay', () => {
  let database: Scratch;
  let relays: Relay[] = [];
  let sent: EventEnvelope[] = [];

  beforeEach(async () => {
    database = await scratch();
    sent = [];
  });
  afterEach(async () => {
    await Promise.all(relays.map((relay) => relay.stop()));
    relays = [];
    await database.close();
  });

  const publish = async (event: EventEnvelope): Promise<void> => void sent.push(event);
  /** The poll interval is longer than any test, so that only a wake-up starts a pass. */
  const start = (db: Database, options: Partial<RelayOptions> = {}): Relay => {
    const relay = startRelay({ db, publish, logger, pollMs: 60_000, ...options });
    relays.push(relay);
    return relay;
  };
  const active = async (db: Database, options: Partial<RelayOptions> = {}): Promise<Relay> => {
    const relay = start(db, options);
    await waitUntil(() => relay.state() === 'active');
    return relay;
  };
  const write = (db: Database, ...events: EventEnvelope[]): Promise<void> =>
    transaction(db, (tx) => appendToOutbox(tx, events));
  const ids = (events: EventEnvelope[]): string[] => events.map(({ id }) => id);
  const received = (count: number): Promise<unknown> =>
    waitUntil(() => sent.length >= count, { what: `${count} events` });
  const nothingPending = (): Promise<unknown> =>
    waitUntil(
      async () => (await database.db.pool.query('select 1 from outbox where published_at is null')).rowCount === 0,
      {
        what: 'an empty outbox',
      },
    );

  it('publishes a committed event unchanged, and keeps its row marked as published', async () => {
    await active(database.db);
    const event = someEvent('m1', { text: 'Grüße, "Welt"', nested: { list: [1, 2.5, null] } });
    await write(database.db, { ...event, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    await received(1);
    expect({ ...sent[0] }).to.deep.equal({
      ...event,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    await nothingPending();
    expect((await database.db.pool.query('select count(*)::int as kept from outbox')).rows).to.deep.equal([
      { kept: 1 },
    ]);
  });

  it('passes the data on as text', async () => {
    const bodies: string[] = [];
    await active(database.db, { publish: async (_event, body) => void bodies.push(body) });
    await write(database.db, someEvent('m1', { big: '12345678901234567890', a: 1 }));
    await waitUntil(() => bodies.length > 0);
    expect(bodies).to.deep.equal(['{"big":"12345678901234567890","a":1}']);
  });

  it('gives events the trace of the request that appended them', async () => {
    await active(database.db);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await withContext({ traceparent }, () => write(database.db, someEvent('m1')));
    await received(1);
    expect(sent[0]?.traceparent).to.equal(traceparent);
  });

  it('marks by the index, also what it has planned while the outbox was small', async () => {
    await active(database.db);
    const used = async (): Promise<{ scans: number; marks: number }> =>
      (
        await database.db.pool.query(
          `select seq_scan::int as scans, n_tup_upd::int as marks from pg_stat_user_tables where relname = 'outbox'`,
        )
      ).rows[0];
    const { scans } = await used();
    for (let sentBefore = 0; sentBefore < 20; sentBefore++) {
      await write(database.db, someEvent('m1'));
      await received(sentBefore + 1);
    }
    await waitUntil(async () => (await used()).marks >= 20, { withinMs: 15_000, what: 'the statistics of 20 marks' });
    expect((await used()).scans).to.equal(scans);
  });

  it('publishes no event of a transaction that was rolled back', async () => {
    await active(database.db);
    const undone = transaction(database.db, async (tx) => {
      await appendToOutbox(tx, [someEvent('m1')]);
      throw new Error('no');
    });
    await undone.catch(() => {});
    const kept = someEvent('m1');
    await write(database.db, kept);
    await received(1);
    expect(ids(sent)).to.deep.equal([kept.id]);
  });

  it('publishes the events of one mission one after the other, and missions side by side', async () => {
    const underWay = new Map<string, number>();
    const next = random('delays of a publish');
    let missionsAtOnce = 0;
    let eventsAtOnce = 0;
    const missions = ['a', 'b', 'c', 'd', 'e'];
    const events = Array.from({ length: 100 }, (_, i) => someEvent(missions[i % missions.length] as string));
    await write(database.db, ...events);
    await active(database.db, {
      batch: 30,
      publish: async (event) => {
        const own = (underWay.get(event.mission_id) ?? 0) + 1;
        underWay.set(event.mission_id, own);
        eventsAtOnce = Math.max(eventsAtOnce, own);
        missionsAtOnce = Math.max(missionsAtOnce, underWay.size);
        // The acknowledgements come in any order, as those of a bus.
        await new Promise((resolve) => setTimeout(resolve, next() * 3));
        if (own === 1) underWay.delete(event.mission_id);
        sent.push(event);
      },
    });
    await received(100);
    for (const mission of missions) {
      const own = (all: EventEnvelope[]) => ids(all.filter((event) => event.mission_id === mission));
      expect(own(sent)).to.deep.equal(own(events));
    }
    expect({ eventsAtOnce, missionsAtOnce }).to.deep.equal({ eventsAtOnce: 1, missionsAtOnce: missions.length });
  });

  it('runs another pass for an event that is committed during a pass', async () => {
    const reading = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const [first, second] = [someEvent('m1'), someEvent('m2')];
    await write(database.db, first);
    start(database.db, { faults: { afterRead: () => (reading.resolve(), go.promise) } });
    await reading.promise;
    await write(database.db, second);
    go.resolve();
    await received(2);
    expect(ids(sent)).to.deep.equal([first.id, second.id]);
  });

  it('does not skip the events of a transaction that commits late with lower positions', async () => {
    await active(database.db);
    const [low, high] = [someEvent('m1'), someEvent('m2')];
    const inserted = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const late = transaction(database.db, async (tx) => {
      await appendToOutbox(tx, [low]);
      inserted.resolve();
      await go.promise;
    });
    await inserted.promise;
    await write(database.db, high);
    await received(1);
    expect(ids(sent)).to.deep.equal([high.id]);
    await nothingPending();
    go.resolve();
    await late;
    await received(2);
    expect(ids(sent)).to.deep.equal([high.id, low.id]);
    const { rows } = await database.db.pool.query<{ event_id: string }>(
      'select event_id from outbox order by position',
    );
    expect(rows.map((row) => row.event_id)).to.deep.equal([low.id, high.id]);
  });

  it('is woken by another process that stands by', async () => {
    await active(database.db);
    const other = await database.another();
    const standby = start(other);
    await waitUntil(() => standby.state() === 'standby');
    await write(other, someEvent('m1'));
    await received(1);
    await write(other, someEvent('m1'));
    await received(2);
  });

  it('finds an unannounced event at its next poll', async () => {
    await active(database.db, { pollMs: 50 });
    const silent = await database.another();
    await write(silent, someEvent('m1'));
    await received(1);
  });

  it('refuses writes and is not ready above the high-water mark, and only there', async () => {
    const relay = await active(database.db, {
      highWater: 3,
      pollMs: 50,
      publish: () => Promise.reject(new Error('the bus is full')),
    });
    await write(database.db, someEvent('a'), someEvent('b'), someEvent('c'));
    await relay.check();
    expect(() => relay.admit()).not.to.throw();
    await write(database.db, someEvent('d'));
    expect((await relay.lag()).pending).to.equal(4);
    expect(await relay.check().catch((error: Error) => error.message)).to.contain('more than 3 events');
    await waitUntil(
      () => {
        try {
          relay.admit();
          return false;
        } catch (error) {
          return (error as { code: string }).code === 'UNAVAILABLE';
        }
      },
      { what: 'refused writes' },
    );
  });

  it('stops cleanly: publishes no further event, and closes its connection', async () => {
    const relay = await active(database.db);
    await Promise.all([write(database.db, someEvent('m1')), relay.stop()]);
    expect(relay.state()).to.equal('stopped');
    const left = sent.length;
    await write(database.db, someEvent('m1'));
    await waitUntil(
      async () =>
        (
          await database.db.pool.query(
            `select 1 from pg_stat_activity where application_name = 'mission relay' and datname = current_database()`,
          )
        ).rowCount === 0,
    );
    expect(sent.length).to.equal(left);
  });
});
