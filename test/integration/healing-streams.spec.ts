import { cpSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';
import { loseStream } from '@missions/messaging/testing/storage.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { type Relay, startRelay } from '@missions/persistence/outbox/relay.ts';
import { logger, scratch, type Scratch, someEvent } from '@missions/persistence/testing/scratch.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { provision, startServers, type TestServers } from '../support/test-servers.ts';
import { waitUntil } from '../support/wait-until.ts';

const STREAMS: StreamName[] = ['MISSION', 'SCHEDULER'];

describe('streams that have lost events', () => {
  let servers: TestServers;
  let database: Scratch;
  let bus: Bus;
  const relays: Relay[] = [];
  const written: EventEnvelope[] = [];
  /** In the order in which a subscriber was given them, each at its first delivery. */
  let received = new Map<string, EventEnvelope>();

  const relay = async (db = database.db): Promise<Relay> => {
    const started = startRelay({
      db,
      logger,
      pollMs: 100,
      publish: (event, body, anew) => bus.publish(event, body, { anew }),
      streams: {
        names: STREAMS,
        losses: () => bus.losses(),
        identity: (stream) => bus.identityOfStream(stream),
        lastSequence: (subject) => bus.lastSequenceOf(subject),
      },
    });
    relays.push(started);
    return started;
  };
  const write = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const event = {
        ...someEvent(`m${i % 5}`),
        type: i % 7 === 0 ? 'scheduler.timer_set_mission' : 'mission.updated',
      };
      written.push(event);
      await transaction(database.db, (tx) => appendToOutbox(tx, [event]));
    }
  };
  /** A subscriber from the first stored message on, as one that has lost its place. */
  const readAgain = async (): Promise<void> => {
    received = new Map();
    const durable = `reader-${Math.random().toString(36).slice(2)}`;
    for (const stream of STREAMS)
      await bus.consume({
        stream,
        durable,
        service: 'reader',
        setUp: makeConsumer,
        async handleOne(event) {
          if (!received.has(event.id)) received.set(event.id, event);
        },
      });
  };
  const everythingIsStored = async (): Promise<void> => {
    await readAgain();
    await waitUntil(() => written.every(({ id }) => received.has(id)), {
      what: 'every event that was written',
    });
    for (const type of ['mission.updated', 'scheduler.timer_set_mission'])
      for (const mission of new Set(written.map(({ mission_id }) => mission_id))) {
        const own = (event: EventEnvelope) => event.mission_id === mission && event.type === type;
        const ids = (events: Iterable<EventEnvelope>) => [...events].filter(own).map(({ id }) => id);
        expect(ids(received.values()), `${mission} ${type}`).to.deep.equal(ids(written));
      }
  };
  const nothingPending = () =>
    waitUntil(
      async () => (await database.db.pool.query('select 1 from outbox where published_at is null')).rowCount === 0,
      { what: 'an empty outbox' },
    );
  const store = (): string => `${servers.natsFolder}/jetstream`;

  beforeEach(async () => {
    servers = await startServers({ durable: true });
    database = await scratch({}, servers);
    bus = await connectBus({ servers: servers.natsUrl, name: 'mission', logger });
    written.length = 0;
    await relay();
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((it) => it.stop()));
    await bus.drain();
    await database.close();
    await servers.stop();
  });

  it('are filled again from the outbox when their storage was deleted', async () => {
    await write(40);
    await nothingPending();
    await servers.killNats();
    rmSync(store(), { recursive: true });
    await servers.startNats();
    await write(5);
    await provision(servers.natsUrl);
    await everythingIsStored();
  });

  it('are given only what they lack when an older copy of their storage is put in its place', async () => {
    await write(30);
    await nothingPending();
    await servers.restartNats();
    await nothingPending();
    await servers.killNats();
    cpSync(store(), `${store()}.copy`, { recursive: true });
    await servers.startNats();
    await write(30);
    await nothingPending();
    await servers.killNats();
    rmSync(store(), { recursive: true });
    cpSync(`${store()}.copy`, store(), { recursive: true });
    await servers.startNats();
    await write(7);
    await everythingIsStored();
    const { messages } = await stored('MISSION');
    expect(messages).to.equal(written.filter(({ type }) => type === 'mission.updated').length);
  });

  it('are filled again when one was deleted by hand and made again under an open connection', async () => {
    await write(30);
    await nothingPending();
    await loseStream(servers.natsUrl, 'MISSION');
    await write(10);
    await waitUntil(async () => (await stored('MISSION')).messages === 0);
    await provision(servers.natsUrl);
    await everythingIsStored();
  });

  it('are filled again when one was emptied by hand, although the server still knows the ids of its messages', async () => {
    await write(30);
    await nothingPending();
    await loseStream(servers.natsUrl, 'MISSION', 'purged');
    // A leader looks when it becomes active; later it looks once a minute.
    await Promise.all(relays.splice(0).map((it) => it.stop()));
    await relay();
    await everythingIsStored();
  });

  it('hold events back while a stream does not exist, and then get them in order', async () => {
    await write(10);
    await nothingPending();
    await servers.killNats();
    rmSync(store(), { recursive: true });
    await servers.startNats();
    await write(10);
    await waitUntil(() => bus.isConnected());
    await provision(servers.natsUrl);
    await everythingIsStored();
  });

  it('are left alone when they have lost nothing', async () => {
    await write(20);
    await nothingPending();
    const before = await Promise.all(STREAMS.map(stored));
    await servers.restartNats();
    await write(1);
    await nothingPending();
    const after = await Promise.all(STREAMS.map(stored));
    expect(
      after.map(({ messages }, i) => messages - (before[i]?.messages ?? 0)).toSorted((a, b) => a - b),
    ).to.deep.equal([0, 1]);
  });

  async function stored(stream: StreamName): Promise<{ messages: number }> {
    const admin = await connectAdmin(servers.natsUrl);
    try {
      const report = (await admin.streams()).find((it) => it.stream === stream);
      return { messages: report?.state?.messages ?? 0 };
    } finally {
      await admin.close();
    }
  }
});
