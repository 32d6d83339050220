import { expect } from 'chai';
import pg from 'pg';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Database } from '../database.ts';
import { logger, scratch, type Scratch, someEvent } from '../testing/scratch.ts';
import { transaction } from '../transaction.ts';
import { appendToOutbox } from './append.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';

describe('the relay, when something fails', () => {
  let database: Scratch;
  let admin: pg.Client;
  let relays: Relay[] = [];

  beforeEach(async () => {
    database = await scratch();
    admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
  });
  afterEach(async () => {
    await Promise.all(relays.map((relay) => relay.stop()));
    relays = [];
    await admin.end();
    await database.close();
  });

  const start = (db: Database, publish: RelayOptions['publish'], options: Partial<RelayOptions> = {}): Relay => {
    const relay = startRelay({ db, publish, logger, pollMs: 100, ...options });
    relays.push(relay);
    return relay;
  };
  const write = (...events: EventEnvelope[]): Promise<void> =>
    transaction(database.db, (tx) => appendToOutbox(tx, events));
  const is = (relay: Relay, state: ReturnType<Relay['state']>): Promise<unknown> =>
    waitUntil(() => relay.state() === state, { what: state });
  /** Ends the connection of the active relay, as the loss of its host would. */
  const cutActive = async (): Promise<void> => {
    const { rowCount } = await admin.query(
      `select pg_terminate_backend(pid, 5000)
         from mission.leaders join pg_stat_activity on pid = backend_pid
        where key = 'relay' and datname = current_database()`,
    );
    expect(rowCount).to.equal(1);
  };

  it('publishes an event that it published but did not mark again under the same id', async () => {
    const sent: string[] = [];
    let crashes = 2;
    const event = someEvent('m1');
    await write(event);
    start(database.db, async ({ id }) => void sent.push(id), {
      faults: {
        afterPublish: () => {
          if (crashes-- > 0) throw new Error('killed between publish and mark');
        },
      },
    });
    await waitUntil(
      async () => (await database.db.pool.query('select 1 from outbox where published_at is null')).rowCount === 0,
    );
    expect(sent).to.deep.equal([event.id, event.id, event.id]);
  });

  it('is not ready when events have waited for 30 s and nobody publishes, and only then', async () => {
    const aged = (seconds: number): EventEnvelope => ({
      ...someEvent('m1'),
      time: new Date(Date.now() - seconds * 1_000).toISOString(),
    });
    const says = (relay: Relay): Promise<string> =>
      relay.check().then(
        () => 'ready',
        (error: Error) => error.message,
      );
    // Where leases are kept, nothing answers this one.
    const cutOff = await database.another({ directUrl: `postgres://127.0.0.1:${await freePort()}/none` });
    const alone = start(cutOff, async () => {});
    await write(aged(5));
    expect(await says(alone)).to.equal('ready');
    await admin.query(`update mission.outbox set time = time - interval '40 s'`);
    expect(await says(alone)).to.match(
      /wait, the oldest for \d+ s, and no copy .* publishes: this one's relay is connecting/,
    );
    // Another copy leads, though it cannot publish either: its own check of NATS says why.
    const leader = start(database.db, () => Promise.reject(new Error('NATS is away')));
    await is(leader, 'active');
    expect(await says(alone)).to.equal('ready');
    await leader.stop();
    expect(await says(alone)).to.contain('no copy of the service publishes');
  });

  it('lets a standby relay take over when the connection of the active one is lost', async () => {
    const sent: string[] = [];
    const other = await database.another();
    // A long poll, so that the first relay is not woken before the second has tried to take over.
    const first = start(database.db, async ({ id }) => void sent.push(`first ${id}`), { pollMs: 5_000 });
    await is(first, 'active');
    const second = start(other, async ({ id }) => void sent.push(`second ${id}`));
    await is(second, 'standby');
    await cutActive();
    // Either relay may be active now, but only one is.
    await waitUntil(() => [first, second].filter((relay) => relay.state() === 'active').length === 1);
    const event = someEvent('m1');
    await write(event);
    await waitUntil(() => sent.length > 0);
    expect(sent[0]).to.contain(event.id);
  });

  it('lets a standby relay take over at once when the active one stops', async () => {
    const other = await database.another();
    const first = start(database.db, async () => {});
    await is(first, 'active');
    const second = start(other, async () => {}, { pollMs: 60_000 });
    await is(second, 'standby');
    await first.stop();
    await is(second, 'active');
  });

  it('marks nothing after it has lost the lease, and the next active relay publishes the event again', async () => {
    const gate = Promise.withResolvers<void>();
    const sent: string[] = [];
    const event = someEvent('m1');
    await write(event);
    const first = start(database.db, async ({ id }) => {
      sent.push(`first ${id}`);
      if (sent.length === 1) await gate.promise;
    });
    await waitUntil(() => sent.length === 1);
    const second = start(await database.another(), async ({ id }) => void sent.push(`second ${id}`));
    await is(second, 'standby');
    await cutActive();
    await is(second, 'active');
    await waitUntil(() => sent.length === 2);
    expect(sent).to.deep.equal([`first ${event.id}`, `second ${event.id}`]);
    gate.resolve();
    await is(first, 'standby');
  });

  it('marks nothing with the epoch of an earlier lease, though its connection lives', async () => {
    const gate = Promise.withResolvers<void>();
    const never = Promise.withResolvers<void>();
    let taken = false;
    await write(someEvent('m1'));
    const first = start(database.db, async () => {}, {
      faults: {
        afterPublish: async () => {
          taken = true;
          await gate.promise;
        },
      },
    });
    await waitUntil(() => taken);
    await admin.query("update mission.leaders set expires_at = now() - interval '1 ms'");
    const second = start(await database.another(), () => never.promise);
    await is(second, 'active');
    gate.resolve();
    await waitUntil(() => first.state() !== 'active');
    const { rows } = await admin.query('select 1 from mission.outbox where published_at is null');
    expect(rows).to.have.length(1);
    never.resolve();
  });

  it('goes on by itself after its connection was lost', async () => {
    const sent: string[] = [];
    const relay = start(database.db, async ({ id }) => void sent.push(id));
    await is(relay, 'active');
    for (let round = 1; round <= 3; round++) {
      await cutActive();
      await write(someEvent('m1'));
      await waitUntil(() => sent.length >= round);
      await is(relay, 'active');
    }
  });

  it('delays the later events of a mission whose event fails, and publishes those of other missions', async () => {
    const sent: string[] = [];
    let broken = true;
    const [bad1, bad2, good1, good2] = [someEvent('bad'), someEvent('bad'), someEvent('good'), someEvent('good')];
    start(database.db, async ({ id }) => {
      if (broken && id === bad1.id) throw new Error('too large');
      sent.push(id);
    });
    await write(bad1, bad2, good1);
    await waitUntil(() => sent.length === 1);
    await write(good2);
    await waitUntil(() => sent.length === 2);
    expect(sent).to.deep.equal([good1.id, good2.id]);
    broken = false;
    await waitUntil(() => sent.length === 4);
    expect(sent.slice(2)).to.deep.equal([bad1.id, bad2.id]);
  });

  it('delivers everything in order after an outage of the bus, whatever the number of missions', async () => {
    const sent: EventEnvelope[] = [];
    let tried = 0;
    let down = true;
    const events = Array.from({ length: 900 }, (_, i) => someEvent(`m${i % 450}`));
    await write(...events);
    start(
      database.db,
      async (event) => {
        tried++;
        if (down) throw new Error('no bus');
        sent.push(event);
      },
      { batch: 300 },
    );
    await waitUntil(() => tried > 600, { what: 'tries' });
    down = false;
    await waitUntil(() => sent.length === events.length, { what: 'all events' });
    expect(new Set(sent.map(({ id }) => id)).size).to.equal(events.length);
    const versions = (all: EventEnvelope[], mission: string) =>
      all.filter((it) => it.mission_id === mission).map((it) => it.version);
    for (let i = 0; i < 450; i++) expect(versions(sent, `m${i}`)).to.deep.equal(versions(events, `m${i}`));
  });

  it('does not spin on a mission whose failing event was erased', async () => {
    let tried = 0;
    const relay = start(database.db, async () => Promise.reject(new Error(`no ${++tried}`)), { pollMs: 60_000 });
    await write(someEvent('gone'));
    await waitUntil(() => tried > 0);
    await database.db.pool.query('delete from outbox');
    const rounds = async () => {
      const { rows } = await admin.query<{ calls: number }>(
        `select sum(xact_commit)::int as calls from pg_stat_database where datname = current_database()`,
      );
      return rows[0]?.calls ?? 0;
    };
    await is(relay, 'active');
    const probes: number[] = [];
    await waitUntil(async () => probes.push(await rounds()) > 50, { everyMs: 20 });
    expect((probes.at(-1) ?? 0) - (probes[0] ?? 0)).to.be.lessThan(300);
  });
});
